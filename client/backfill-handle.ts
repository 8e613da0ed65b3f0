import type { Client, WorkflowHandle } from '@temporalio/client';
import {
  backfillInputSchema,
  backfillProgressSchema,
  backfillResultSchema,
  backfillUpdateSchemas,
  type BackfillInput,
  type BackfillProgress,
  type BackfillRequest,
  type BackfillResult,
  type BackfillUpdate,
  type BackfillUpdateInput,
} from '../schemas/backfill.js';
import { backfillRange } from '../schemas/backfill-range.js';
import { MillraceError } from '../schemas/errors.js';
import { parseWith } from '../schemas/parse.js';
import { summaryText } from '../schemas/text-size.js';
import { taskQueue } from '../schemas/task-queues.js';
import { backfillWorkflowId } from '../schemas/workflow-ids.js';
import { cancelOrphans } from './backfill-orphans.js';
import { ofKnownExecution } from './failures.js';
import { lastExecution } from './last-execution.js';
import type { Caller } from './run-handle.js';

/** One execution of a backfill. Every message answers with the progress after it; messages need a worker of the role orchestration. */
export interface BackfillHandle {
  /** `backfill/PIPELINE/FROM..TO`, `…/all` for a whole set, `…/KEY,KEY` for some keys. */
  readonly workflowId: string;
  /** Whether it was under way already, so that what was asked for now has no effect on it. */
  readonly attached: boolean;
  /**
   * Waits for the end. Runs that fail are part of the result.
   * @throws MillraceError PLAN_CHANGED, PIPELINE_UNKNOWN, PARTITION_INVALID, PARAMETER_INVALID, RUN_CANCELLED, TEMPORAL_UNREACHABLE
   */
  result(): Promise<BackfillResult>;
  progress(): Promise<BackfillProgress>;
  /** Starts no more runs; those under way go on. */
  pause(request?: BackfillUpdateInput<'pause'>): Promise<BackfillProgress>;
  resume(request?: BackfillUpdateInput<'resume'>): Promise<BackfillProgress>;
  setMaxActive(request: BackfillUpdateInput<'setMaxActive'>): Promise<BackfillProgress>;
  /** Of runs that are started from now on; 1 first, 5 last. */
  setPriority(request: BackfillUpdateInput<'setPriority'>): Promise<BackfillProgress>;
  /** Runs again what failed. @throws INPUT_INVALID when the backfill has ended */
  retryFailed(request?: BackfillUpdateInput<'retryFailed'>): Promise<BackfillProgress>;
  /** Leaves a partition out, or cancels its run. @throws PARTITION_INVALID, or INPUT_INVALID if it has ended or is not this backfill’s */
  cancelPartition(request: BackfillUpdateInput<'cancelPartition'>): Promise<BackfillProgress>;
  /**
   * Ends it; runs under way finish, or stop with `running: 'stop'`. Of one that was terminated, which took no run with it, `stop` ends
   * the runs that it left behind, and the progress has them. @throws INPUT_INVALID when it has ended, and left none
   */
  cancel(request?: BackfillUpdateInput<'cancel'>): Promise<BackfillProgress>;
}

/** Starts a backfill, or attaches to the one of the same range. @internal */
export async function startBackfill(client: Client, call: Caller, request: BackfillRequest): Promise<BackfillHandle> {
  const input = parseWith(backfillInputSchema, request, 'backfill request');
  return call(async () => {
    const startId = crypto.randomUUID();
    const handle = await client.workflow.start('backfill', {
      ...startOptions(input),
      workflowId: backfillWorkflowId(input.pipeline, input),
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      memo: { requestedBy: input.requestedBy, startId },
    });
    // The server does not tell whether it started something, but an execution keeps its first memo.
    const { memo } = await client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId).describe();
    return createBackfillHandle(client, call, handle, memo?.startId !== startId, handle.firstExecutionRunId);
  });
}

/** Makes a plan and nothing else. @internal */
export async function planBackfill(client: Client, call: Caller, request: BackfillRequest): Promise<BackfillResult> {
  const input = parseWith(backfillInputSchema, { ...request, dryRun: true }, 'backfill request');
  return call(async () => {
    const workflowId = `backfill-plan/${crypto.randomUUID()}`;
    const result: unknown = await client.workflow.execute('backfill', { ...startOptions(input), workflowId });
    return parseWith(backfillResultSchema, result, 'plan of a backfill', 'INTERNAL');
  });
}

/**
 * @param firstRunId first execution of the backfill that is meant; by default the handle says which that is
 * @internal
 */
export function createBackfillHandle(
  client: Client,
  call: Caller,
  handle: WorkflowHandle,
  attached: boolean,
  firstRunId?: string,
): BackfillHandle {
  const { workflowId } = handle;
  /** What is to be asked how far it is: a query goes to the newest execution of an id, which may be a later backfill of the range. */
  const asked = async (): Promise<WorkflowHandle> => {
    if (firstRunId === undefined) return handle;
    const newest = (await handle.describe()).raw.workflowExecutionInfo?.firstRunId;
    if (newest === firstRunId) return handle;
    return client.workflow.getHandle(workflowId, await lastExecution(client, workflowId, firstRunId));
  };
  const update =
    <U extends BackfillUpdate>(name: U) =>
    async (request: BackfillUpdateInput<U>): Promise<BackfillProgress> => {
      const input: unknown = parseWith(backfillUpdateSchemas[name], request, `input of ${name}`);
      return call(async () => {
        const answer: unknown = await ofKnownExecution(() => handle.executeUpdate(name, { args: [input] }));
        return parseWith(backfillProgressSchema, answer, `progress of ${workflowId}`, 'INTERNAL');
      });
    };
  const progress = async () =>
    parseWith(backfillProgressSchema, await (await asked()).query('progress'), `progress of ${workflowId}`, 'INTERNAL');
  /** One that has ended can be asked for its runs alone: those that it left behind. */
  const cancel = async (request: BackfillUpdateInput<'cancel'>): Promise<BackfillProgress> => {
    const ended = request.running === 'stop' && (await call(() => handle.describe())).status.name !== 'RUNNING';
    if (!ended) return update('cancel')(request);
    return call(async () => {
      const orphans = await cancelOrphans(client, workflowId);
      if (orphans.length === 0) {
        throw new MillraceError('INPUT_INVALID', `${workflowId} has ended, and none of its runs is under way`);
      }
      return { ...(await progress()), phase: 'ended', expectedEnd: null, running: orphans.length, active: orphans };
    });
  };
  return {
    workflowId,
    attached,
    result: () =>
      call(async () => parseWith(backfillResultSchema, await handle.result(), `result of ${workflowId}`, 'INTERNAL')),
    progress: () => call(progress),
    pause: (request = {}) => update('pause')(request),
    resume: (request = {}) => update('resume')(request),
    setMaxActive: update('setMaxActive'),
    setPriority: update('setPriority'),
    retryFailed: (request = {}) => update('retryFailed')(request),
    cancelPartition: update('cancelPartition'),
    cancel: (request = {}) => cancel(request),
  };
}

function startOptions(input: BackfillInput) {
  return {
    taskQueue: taskQueue('orchestration'),
    args: [input],
    staticSummary: summaryText(`${input.pipeline} ${backfillRange(input)}`),
  };
}
