import { CancellationScope, proxyActivities } from '@temporalio/workflow';
import type { createLineageActivities } from '../activities/index.js';
import type { LineageRecord, RecordResult } from '../schemas/index.js';
import { DURABLE_COMMIT } from './activity-options.js';

/**
 * Commits facts. Always by the owner’s queue: an activity’s input is fixed by history, so a workflow task that is done
 * twice does not commit the same fact with another time in it. And not to be cancelled: were it not known whether
 * traffic has moved, it could not be moved back.
 */
export async function commitByQueue(records: LineageRecord[], summary: string): Promise<RecordResult[]> {
  const { commitRecords } = proxyActivities<ReturnType<typeof createLineageActivities>>({
    ...DURABLE_COMMIT,
    summary: summary.slice(0, 200),
  });
  return CancellationScope.nonCancellable(() => commitRecords({ records }));
}
