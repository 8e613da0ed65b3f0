import { activityInfo } from '@temporalio/activity';
import type { LineageClient } from '../engine/lineage/index.js';

/** What somebody did, for the audit. */
export interface DoneAction {
  actor: string;
  action: string;
  target: string;
  reason: string;
}

/**
 * Puts on record what somebody did by starting the execution that this activity belongs to; once, however often it is tried.
 * @param fact tells several actions of one execution apart
 */
export async function recordAction(
  lineage: Pick<LineageClient, 'record'>,
  fact: string,
  { target, ...action }: DoneAction,
): Promise<void> {
  const { runId } = activityInfo().workflowExecution ?? { runId: 'standalone' };
  const about = { key: `${runId}/${fact}`, at: new Date().toISOString() };
  await lineage.record([{ kind: 'action_taken', ...about, ...action, target: target.slice(0, 400) }]);
}
