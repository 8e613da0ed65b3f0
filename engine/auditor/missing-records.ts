import { ERROR_TABLE, isRunWorkflowId, runInputSchema, type ErrorCode } from '../../schemas/index.js';

/** How an execution ended, in Temporal’s words. */
export type EndStatus = 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TERMINATED' | 'TIMED_OUT';

/** An execution that has ended, as Temporal lists it. */
export interface EndedExecution {
  workflowType: string;
  workflowId: string;
  runId: string;
  status: EndStatus;
  /** ISO 8601. */
  startedAt: string;
  /** ISO 8601. */
  endedAt: string;
}

/** Ids that the workflows derive; under any other id an execution only leads to such a one, and is not on record itself. */
const OWN_ID: Readonly<Record<string, RegExp>> = {
  backfill: /^backfill\/[^/]+\/.+\.\./,
  rollout: /^rollout\/./,
  recall: /^recall\/.+@[0-9a-f]{32}$/,
};

/** What the last record of a workflow is called in its key. */
const END_FACT: Readonly<Record<string, string>> = { backfill: 'ended', rollout: 'finished', recall: 'end' };

/** Key of the record with which an execution ends. */
export function endKey({ workflowType, runId }: Pick<EndedExecution, 'workflowType' | 'runId'>): string {
  return `${runId}/${END_FACT[workflowType] ?? 'finished'}`;
}

/** Key of what the auditor writes in the place of a record. The workflow’s own may still come, and then counts. */
export function auditorKey(key: string): string {
  return `auditor/${key}`;
}

/** Keys of records that are looked up to judge an execution; none for one that leaves none. */
export function keysOf(execution: Pick<EndedExecution, 'workflowType' | 'workflowId' | 'runId'>): string[] {
  const { workflowType, workflowId, runId } = execution;
  const isRun = workflowType === 'pipelineRun' && isRunWorkflowId(workflowId);
  if (!isRun && OWN_ID[workflowType]?.test(workflowId) !== true) return [];
  const keys = isRun ? [`${runId}/started`, endKey(execution)] : [endKey(execution)];
  return keys.flatMap((key) => [key, auditorKey(key)]);
}

/**
 * What the record lacks of an execution that has ended. `beginning`: of a run it knows nothing; `end`: it is open there;
 * `stop`: a backfill, rollout or recall did not come to its own end, and that it was stopped is not on record.
 */
export function missingRecord(
  execution: EndedExecution,
  known: ReadonlySet<string>,
): 'beginning' | 'end' | 'stop' | null {
  if (keysOf(execution).length === 0) return null;
  const has = (key: string) => known.has(key) || known.has(auditorKey(key));
  const ended = has(endKey(execution));
  if (execution.workflowType === 'pipelineRun') {
    if (!has(`${execution.runId}/started`)) return 'beginning';
    return ended ? null : 'end';
  }
  // Of what completed by itself, all that it did is on record: its last act was to wait for that.
  return ended || execution.status === 'COMPLETED' ? null : 'stop';
}

/**
 * Whether a run of which nothing is on record was a retry that was refused for what it asked. The run that it was to go on with
 * stands as it is: a failure on record would take its place.
 * @param code with which it failed
 */
export function isRefusedRetry(input: unknown, code: string): boolean {
  const retry = runInputSchema.safeParse(input).data?.retry;
  return retry !== undefined && Object.hasOwn(ERROR_TABLE, code) && ERROR_TABLE[code as ErrorCode].category === 'input';
}
