import { isCancellation, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { createRunActivities } from '../activities/index.js';
import {
  dependents,
  isRunWorkflowId,
  runInputSchema,
  runWorkflowId,
  type RunInput,
  type RunResult,
} from '../schemas/index.js';
import { QUICK } from './activity-options.js';
import { asFailure, failure, parseInput } from './failures.js';
import { freezeInputs } from './freeze-inputs.js';
import { interpret, pendingSteps } from './interpreter.js';
import { joinRun } from './join-run.js';
import { proxyLocal } from './local-activities.js';
import { nominalTime, scheduledTime } from './nominal-time.js';
import { now } from './now.js';
import { endRun } from './run-outcome.js';
import { beginRun, isReset } from './begin-run.js';
import { progressQuery } from './run.js';
import { runAttributes } from './search-attributes.js';

const local = proxyLocal<ReturnType<typeof createRunActivities>>(QUICK);

/**
 * Runs a pipeline for one partition. Takes one object, `runInputSchema`; gives `runResultSchema`.
 *
 * Its id is `run/PIPELINE/PARTITION`; started under any other id, it starts or joins that one and gives its result.
 * A gate that says no is a result; what could not be done is a failure of the execution, under the code of its error.
 */
export async function pipelineRun(input: unknown, ...more: unknown[]): Promise<RunResult> {
  if (more.length > 0) throw failure('INPUT_INVALID', 'pipelineRun takes one object, not several payloads');
  const request = parseInput(runInputSchema, input, 'input of pipelineRun');
  // Until the run has begun, nothing but its name is known.
  setHandler(progressQuery, () => ({
    pipeline: request.pipeline,
    partition: request.partition ?? '',
    phase: 'resolving',
    steps: [],
  }));
  const started = Date.now();
  const resolved = await resolve(request);
  const { pipeline, window, logicalTime } = resolved;
  const workflowId = runWorkflowId(pipeline.name, window.key);
  if (workflowInfo().workflowId !== workflowId) {
    refuseForeignId(workflowId);
    return joinRun(workflowId, { ...request, partition: window.key, logicalTime }).catch((error: unknown) => {
      throw isCancellation(error) ? error : asFailure(error);
    });
  }
  if (resolved.searchAttributes) {
    upsertSearchAttributes(runAttributes({ pipeline: pipeline.name, window }));
  }
  const run = await beginRun(
    {
      pipeline: pipeline.name,
      partitions: pipeline.partitions,
      window,
      logicalTime,
      requestedBy: request.requestedBy,
      force: request.force ?? null,
      specification: pipeline,
      searchAttributes: resolved.searchAttributes,
      caching: {
        mode: request.cache ?? 'use',
        defaults: pipeline.cache ?? {},
        code: pipeline.code ?? {},
        counted: pipeline.counted ?? {},
        again: dependents(pipeline.steps, request.retry?.from),
      },
      codeLocation: resolved.codeLocation,
      started: resolved.started,
    },
    pendingSteps(pipeline),
  );
  return endRun(run, started, async () => {
    const frozen = await freezeInputs(run, pipeline.steps);
    run.phase = 'running';
    await interpret(run, pipeline, frozen, resolved.reusable);
  });
}

/** An execution under the id of another run would answer for that run to whoever asks for it. */
function refuseForeignId(derived: string): void {
  const { workflowId } = workflowInfo();
  // A schedule appends the time to the id that it was given, so what it starts has nobody’s.
  if (!isRunWorkflowId(workflowId) || scheduledTime() !== undefined) return;
  const message = `the workflow id ${workflowId} is that of another run; this one has ${derived}, or any id that does not begin with run/`;
  throw failure('INPUT_INVALID', message, { problems: [{ path: 'workflowId', message: `must be ${derived}` }] });
}

async function resolve(request: RunInput) {
  try {
    // A retry looks for the last run on record, which must not be itself where this is done twice.
    const startedAt = request.retry === undefined && !isReset() ? now() : undefined;
    return await local.resolveRun({ request, fallbackTime: nominalTime(), startedAt });
  } catch (error) {
    throw isCancellation(error) ? error : asFailure(error);
  }
}
