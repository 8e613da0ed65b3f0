import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import type { BackfillProgress } from '../schemas/backfill.js';
import { isMillraceError } from '../schemas/errors.js';
import { parseBackfillId } from '../schemas/workflow-ids.js';
import { createBackfillHandle } from './backfill-handle.js';
import type { Caller } from './run-handle.js';

/** Where a backfill is, as Temporal has it: `completed` ones have a result, whatever its verdict is. */
export type BackfillStatus = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed_out';

/** A backfill in a list. */
export interface BackfillSummary {
  /** `backfill/PIPELINE/FROM..TO`. */
  workflowId: string;
  pipeline: string;
  /** Its partitions, as in `2001-03-01..2001-03-31`. */
  range: string;
  status: BackfillStatus;
  /** ISO 8601; of a long one that continued as new, when its last part began. */
  startedAt: string;
  /** ISO 8601; null while it runs. */
  endedAt: string | null;
  /** Null when it has ended, or no worker answers. */
  progress: BackfillProgress | null;
}

/** Which backfills are listed. */
export interface BackfillFilter {
  /** One pipeline; all by default. */
  pipeline?: string;
  /** Only those that are under way. Default false. */
  running?: boolean;
  /** Greatest number; default 20. */
  limit?: number;
}

/** Backfills, newest first. @internal */
export function listBackfills(client: Client, call: Caller, filter: BackfillFilter): Promise<BackfillSummary[]> {
  const { pipeline, running = false, limit = 20 } = filter;
  return call(async () => {
    const query = [
      "WorkflowType = 'backfill'",
      running ? "ExecutionStatus = 'Running'" : "ExecutionStatus != 'ContinuedAsNew'",
      // Others prepare a plan, or lead to the one that has the id of its range.
      `WorkflowId STARTS_WITH 'backfill/${pipeline === undefined ? '' : `${pipeline}/`}'`,
    ].join(' AND ');
    const found: BackfillSummary[] = [];
    for await (const execution of client.workflow.list({ query })) {
      const summary = await summaryOf(client, call, execution);
      if (summary !== null) found.push(summary);
      if (found.length >= limit) break;
    }
    return found;
  });
}

async function summaryOf(client: Client, call: Caller, execution: WorkflowExecutionInfo) {
  const { workflowId, runId, status, startTime, closeTime } = execution;
  const about = parseBackfillId(workflowId);
  if (about === null) return null;
  const handle = createBackfillHandle(client, call, client.workflow.getHandle(workflowId, runId), true);
  const progress = status.name === 'RUNNING' ? await handle.progress().catch(unanswered) : null;
  return {
    ...{ workflowId, ...about, progress },
    status: status.name.toLowerCase() as BackfillStatus,
    startedAt: startTime.toISOString(),
    endedAt: closeTime?.toISOString() ?? null,
  };
}

/** No worker is there, or it has ended since it was listed. */
function unanswered(error: unknown): null {
  if (isMillraceError(error) && ['TEMPORAL_UNREACHABLE', 'NOT_FOUND'].includes(error.code)) return null;
  throw error;
}
