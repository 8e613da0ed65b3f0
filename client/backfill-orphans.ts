import type { Client } from '@temporalio/client';
import { parseBackfillId, runWorkflowId } from '../schemas/workflow-ids.js';

/** Runs that are asked to end at once. */
const AT_ONCE = 20;

/**
 * Runs that a backfill started and left behind: one that was terminated takes no run with it.
 * @returns their partitions, newest first
 * @internal
 */
export async function cancelOrphans(client: Client, workflowId: string): Promise<string[]> {
  const query = `WorkflowType = 'pipelineRun' AND ExecutionStatus = 'Running' AND ParentWorkflowId = '${workflowId.replaceAll("'", "''")}'`;
  const orphans: { workflowId: string; runId: string }[] = [];
  for await (const run of client.workflow.list({ query })) orphans.push(run);
  for (let next = 0; next < orphans.length; next += AT_ONCE) {
    const some = orphans.slice(next, next + AT_ONCE);
    await Promise.all(some.map((run) => client.workflow.getHandle(run.workflowId, run.runId).cancel()));
  }
  const ofPipeline = runWorkflowId(parseBackfillId(workflowId)?.pipeline ?? '', '');
  return orphans.map((run) => run.workflowId.slice(ofPipeline.length));
}
