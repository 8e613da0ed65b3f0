import { runInputSchema, runResultSchema, type LineageRecord } from '../../schemas/index.js';
import { digestOf } from '../digest.js';
import { auditorKey, endKey, type EndedExecution } from './missing-records.js';

/** What Temporal knows of how an execution ended. */
export interface ExecutionEnd {
  /** What the workflow gave, or what its failure had in its details; undefined: nothing. */
  result?: unknown;
  /** Code of the failure, or Temporal’s word for how it ended. */
  code: string;
  /** The same in words, with who did it where that is known. */
  message: string;
}

const ACTOR = 'auditor';
const NOTE = 'written by the auditor, from what Temporal knows';

/**
 * The beginning of a run of which nothing is on record: what was asked for, as far as the input of the execution says. What the
 * run was to do is not known, and is not guessed.
 */
export function runBeginning({ workflowId, runId, startedAt }: EndedExecution, input: unknown): LineageRecord {
  const [, pipeline = '', partition = ''] = /^run\/([^/]+)\/(.+)$/s.exec(workflowId) ?? [];
  const request = runInputSchema.safeParse(input).data;
  return {
    ...{
      kind: 'run_started',
      key: auditorKey(`${runId}/started`),
      at: startedAt,
      runId,
      workflowId,
      pipeline,
      partition,
    },
    logicalTime: request?.logicalTime ?? startedAt,
    ...{ specification: {}, specificationDigest: digestOf({}) },
    requestedBy: request?.requestedBy ?? 'unknown',
    force: request?.force ?? null,
    writtenBy: ACTOR,
  };
}

/**
 * The end of a run that is open on record, or not there at all. A run puts its end on record before it completes: where one
 * completed and its end is missing, the record has lost it, and may have lost what it wrote. Then it has to run again, and
 * nobody must take its partition for done; what it writes again is the same versions.
 * @param at when it ended, or the newest thing that is known of it
 */
export function runEnd(
  { runId, workflowId }: Pick<EndedExecution, 'runId' | 'workflowId'>,
  at: string,
  end: ExecutionEnd,
): LineageRecord {
  const said = endSaid(end);
  const lost = `it ended as ${said.verdict}, ${said.reason}: ${said.message}; what it did is not on record: run it again`;
  const { reason, message } = said.verdict === 'failed' ? said : { reason: 'RECORD_LOST', message: lost };
  return {
    ...{ kind: 'run_finished', key: auditorKey(`${runId}/finished`), at, runId, workflowId, verdict: 'failed', reason },
    message: `${message}; ${NOTE}`,
    writtenBy: ACTOR,
  };
}

/** What the execution said of itself, else what Temporal says of it. */
function endSaid({ result, code, message }: ExecutionEnd) {
  const known = runResultSchema.pick({ verdict: true, reason: true, message: true }).loose().safeParse(result).data;
  const verdict = known?.verdict ?? (code === 'COMPLETED' ? ('succeeded' as const) : ('failed' as const));
  return { verdict, reason: known?.reason ?? code, message: known?.message ?? message };
}

/** That a backfill, rollout or recall did not come to its own end. */
export function abnormalEnd(
  { workflowType, workflowId, runId, endedAt, status }: EndedExecution,
  { message }: ExecutionEnd,
): LineageRecord {
  const key = auditorKey(endKey({ workflowType, runId }));
  const about = { kind: 'action_taken' as const, key, at: endedAt, actor: ACTOR };
  const action = `${workflowType}_${status.toLowerCase()}`;
  return { ...about, action, target: workflowId.slice(0, 400), reason: `${message}; ${NOTE}` };
}
