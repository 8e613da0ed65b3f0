import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { parseWith } from '../schemas/parse.js';
import { poolStatusSchema, type PoolStatus } from '../schemas/pool.js';
import type { Caller } from './run-handle.js';

/** The pools in which somebody has a place, or waits for one. Needs a worker of the role orchestration. @internal */
export function listPools(client: Client, call: Caller): Promise<PoolStatus[]> {
  return call(async () => {
    const pools: PoolStatus[] = [];
    const query = "WorkflowType = 'pool' AND ExecutionStatus = 'Running'";
    for await (const { workflowId } of client.workflow.list({ query })) {
      try {
        const places: unknown = await client.workflow.getHandle(workflowId).query('places');
        pools.push(parseWith(poolStatusSchema, places, workflowId, 'INTERNAL'));
      } catch (error) {
        // It has ended since it was listed.
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    }
    return pools.sort((a, b) => (a.pool < b.pool ? -1 : 1));
  });
}
