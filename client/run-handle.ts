import { QueryNotRegisteredError, type Client, type WorkflowHandle } from '@temporalio/client';
import { gateDecisionSchema, type GateDecisionInput, type GateVerb } from '../schemas/gate.js';
import { parseWith } from '../schemas/parse.js';
import { runProgressSchema, runResultSchema, type RunProgress, type RunResult } from '../schemas/run.js';
import { ofKnownExecution } from './failures.js';
import { runWork, type RunWork } from './run-work.js';

/** One execution of a pipeline. */
export interface RunHandle {
  /** Id of the workflow: `run/PIPELINE/PARTITION`, or one that leads to it if no partition was given. */
  readonly workflowId: string;
  /** Temporal’s run id, which is the id of the run in lineage; absent for a handle from `getRun`. */
  readonly runId: string | undefined;
  /** Whether the run was under way already, so that what was asked for now (parameters, force) has no effect on it. */
  readonly attached: boolean;
  /**
   * Waits for the end. A gate that says no is a result with the verdict `refused` or `rolled_back`.
   * @throws MillraceError with the code that the run failed with, as in PIPELINE_UNKNOWN or TRAINER_FAILED; RUN_CANCELLED,
   * TEMPORAL_UNREACHABLE
   */
  result(): Promise<RunResult>;
  /** How far the run is. Needs a worker of the role orchestration. @throws MillraceError TEMPORAL_UNREACHABLE, NOT_FOUND */
  progress(): Promise<RunProgress>;
  /**
   * What works for the run at this moment: how far it is, and what an attempt failed with that is repeated. Needs no worker.
   * @throws MillraceError TEMPORAL_UNREACHABLE, NOT_FOUND
   */
  work(): Promise<RunWork[]>;
  /**
   * Decides on a step that waits: `release` lets it go on, `reject` ends it as refused, `recheck` makes its data anew and
   * judges again. Who and why are on record. The step may be left out where only one waits; gives its name.
   * @throws MillraceError INPUT_INVALID when no such step waits; NOT_FOUND, TEMPORAL_UNREACHABLE
   */
  decide(verb: GateVerb, decision: GateDecisionInput): Promise<{ step: string }>;
  /** Asks the run to end: running steps are stopped, what is committed stays. */
  cancel(): Promise<void>;
}

/** Does something with the server, and turns what it fails with into a MillraceError. @internal */
export type Caller = <T>(work: () => Promise<T>) => Promise<T>;

/** @internal */
export interface RunHandleParts {
  client: Client;
  call: Caller;
  handle: WorkflowHandle;
  runId?: string;
  attached: boolean;
  pipeline: string;
  partition?: string;
}

/** @internal */
export function createRunHandle(parts: RunHandleParts): RunHandle {
  const { client, call, handle, runId, attached, pipeline, partition } = parts;
  /** The run that does the work: an execution that was started without a partition delegates to one that has it. */
  const working = async (): Promise<WorkflowHandle> => {
    if (partition !== undefined) return handle;
    const child = (await handle.describe()).raw.pendingChildren?.[0];
    return child?.workflowId ? client.workflow.getHandle(child.workflowId) : handle;
  };
  /** What is to be asked how far it is: a query goes to the newest execution of an id, which need not be that of the handle. */
  const asked = async (): Promise<WorkflowHandle> => {
    if (partition === undefined || runId === undefined) return working();
    const newest = (await handle.describe()).raw.workflowExecutionInfo?.firstRunId;
    return newest === runId ? handle : client.workflow.getHandle(handle.workflowId, runId);
  };
  return {
    workflowId: handle.workflowId,
    runId,
    attached,
    result: () =>
      call(async () => parseWith(runResultSchema, await handle.result(), `result of ${handle.workflowId}`, 'INTERNAL')),
    progress: () =>
      call(async () => {
        try {
          const answer: unknown = await (await asked()).query('progress');
          return parseWith(runProgressSchema, answer, `progress of ${handle.workflowId}`, 'INTERNAL');
        } catch (error) {
          if (!(error instanceof QueryNotRegisteredError)) throw error;
          return { pipeline, partition: partition ?? '', phase: 'starting', steps: [] };
        }
      }),
    work: () => call(async () => runWork((await (await asked()).describe()).raw.pendingActivities ?? [])),
    decide: (verb, decision) =>
      call(async () => {
        const args: [GateDecisionInput] = [parseWith(gateDecisionSchema, decision, verb)];
        const target = await working();
        const deciding = () => target.executeUpdate<{ step: string }, typeof args>(verb, { args });
        return { step: (await ofKnownExecution(deciding)).step };
      }),
    cancel: () =>
      call(async () => {
        // The delegated run outlives the one that asked, so it is told first.
        const target = await working();
        if (target.workflowId !== handle.workflowId) await target.cancel();
        await ofKnownExecution(() => handle.cancel());
      }),
  };
}
