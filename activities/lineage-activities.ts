import type { EndpointState, LineageRecord, RecordResult } from '../schemas/index.js';
import { quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

/**
 * Writes and reads of the lineage owner. Workers of the role `orchestration` call them as local activities, the role
 * `lineage` has them on its queue for when the owner does not answer at once; records are idempotent by key.
 */
export function createLineageActivities({ lineage }: Pick<ActivityDependencies, 'lineage'>) {
  return {
    /** Commits facts; all of one call, or none. Done when they are durable. */
    async commitRecords(input: { records: LineageRecord[] }): Promise<RecordResult[]> {
      return quickScope(() => lineage.record(input.records));
    },

    /** State of an endpoint, or null if it was never released. */
    async readEndpoint(input: { endpoint: string }): Promise<EndpointState | null> {
      return quickScope(() => lineage.endpoint(input.endpoint));
    },
  };
}
