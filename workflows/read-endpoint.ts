import { isCancellation, log, proxyActivities } from '@temporalio/workflow';
import type { createLineageActivities } from '../activities/index.js';
import type { EndpointState } from '../schemas/index.js';
import { DURABLE_COMMIT, QUICK } from './activity-options.js';
import { asFailure, summarizeFailure } from './failures.js';
import { proxyOwner } from './local-activities.js';

type LineageActivities = ReturnType<typeof createLineageActivities>;

const local = proxyOwner<LineageActivities>(QUICK);
const durable = proxyActivities<LineageActivities>(DURABLE_COMMIT);

/** The state of an endpoint: at once where the owner answers, else by its queue, however long that takes. */
export async function readEndpoint(endpoint: string): Promise<EndpointState | null> {
  try {
    return await local.readEndpoint({ endpoint });
  } catch (error) {
    if (isCancellation(error)) throw error;
    log.warn(`the lineage owner does not answer, its queue takes over: ${summarizeFailure(error).message}`);
    return durable.readEndpoint({ endpoint }).catch((failed: unknown) => {
      throw isCancellation(failed) ? failed : asFailure(failed);
    });
  }
}
