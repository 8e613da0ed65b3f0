import type { Client } from '@temporalio/client';
import { parseBackfillId, runWorkflowId } from '../schemas/workflow-ids.js';

/** Runs that are asked to end at once. */
const AT_ONCE = 20;

/**
 * Runs that a backfill started and that are under way: one that was terminated takes no run with it.
 * @internal
 */
async function findOrphans(client: Client, workflowId: string): Promise<{ workflowId: string; runId: string }[]> {
  const query = `WorkflowType = 'pipelineRun' AND ExecutionStatus = 'Running' AND ParentWorkflowId = '${workflowId.replaceAll("'", "''")}'`;
  const orphans: { workflowId: string; runId: string }[] = [];
  for await (const run of client.workflow.list({ query })) orphans.push(run);
  return orphans;
}

/** Partitions of the runs that a backfill left behind and that are under way, newest first. @internal */
export async function listOrphans(client: Client, workflowId: string): Promise<string[]> {
  return partitionsOf(workflowId, await findOrphans(client, workflowId));
}

/** Ends the runs that a backfill left behind. @returns their partitions, newest first @internal */
export async function cancelOrphans(client: Client, workflowId: string): Promise<string[]> {
  const orphans = await findOrphans(client, workflowId);
  for (let next = 0; next < orphans.length; next += AT_ONCE) {
    const some = orphans.slice(next, next + AT_ONCE);
    await Promise.all(some.map((run) => client.workflow.getHandle(run.workflowId, run.runId).cancel()));
  }
  return partitionsOf(workflowId, orphans);
}

function partitionsOf(backfill: string, runs: readonly { workflowId: string }[]): string[] {
  const ofPipeline = runWorkflowId(parseBackfillId(backfill)?.pipeline ?? '', '');
  return runs.map((run) => run.workflowId.slice(ofPipeline.length));
}
