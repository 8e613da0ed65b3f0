import { proxyLocalActivities, setHandler, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { createRunActivities } from '../activities/index.js';
import { runInputSchema, runWorkflowId, SEARCH_ATTRIBUTES, type RunInput, type RunResult } from '../schemas/index.js';
import { QUICK } from './activity-options.js';
import { asFailure, parseInput } from './failures.js';
import { freezeInputs } from './freeze-inputs.js';
import { interpret, pendingSteps } from './interpreter.js';
import { joinRun } from './join-run.js';
import { endRun } from './run-outcome.js';
import { beginRun, progressQuery } from './run.js';

const local = proxyLocalActivities<ReturnType<typeof createRunActivities>>(QUICK);

const scheduledTime = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

/**
 * Runs a pipeline for one partition. Takes one object, `runInputSchema`; gives `runResultSchema`.
 *
 * Its id is `run/PIPELINE/PARTITION`; started under any other id, it starts or joins that one and gives its result.
 * A gate that says no is a result; what could not be done is a failure of the execution, under the code of its error.
 */
export async function pipelineRun(input: unknown): Promise<RunResult> {
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
    return joinRun(workflowId, { ...request, partition: window.key, logicalTime }).catch((error: unknown) => {
      throw asFailure(error);
    });
  }
  if (resolved.searchAttributes) {
    upsertSearchAttributes([
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.pipeline, 'KEYWORD'), value: pipeline.name },
      { key: defineSearchAttributeKey(SEARCH_ATTRIBUTES.partition, 'KEYWORD'), value: window.key },
    ]);
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
    },
    pendingSteps(pipeline),
  );
  return endRun(run, started, async () => {
    const frozen = await freezeInputs(run, pipeline.steps);
    run.phase = 'running';
    await interpret(run, pipeline, frozen);
  });
}

async function resolve(request: RunInput) {
  const { typedSearchAttributes, startTime } = workflowInfo();
  const nominal = typedSearchAttributes.get(scheduledTime);
  const fallbackTime = (nominal ?? startTime).toISOString();
  try {
    return await local.resolveRun({ request, fallbackTime });
  } catch (error) {
    throw asFailure(error);
  }
}
