import { randomUUID } from 'node:crypto';
import {
  KEYS_A_REQUEST,
  knownPartitionsResponseSchema,
  partitionSetChangedSchema,
  partitionSetKeysSchema,
  partitionSetsResponseSchema,
  type PartitionSet,
  type PartitionSetChange,
  type PartitionSetChanged,
  type PartitionSetKeys,
} from '../../schemas/index.js';
import type { Request } from '../../schemas/lineage-request.js';

/** Dynamic sets of partitions. */
export interface PartitionSetClient {
  list(): Promise<PartitionSet[]>;
  /** Keys in the order in which they were added; 100 by default, at most 10,000; give the `next` of an answer as `after`. */
  keys(set: string, options?: { limit?: number; after?: string }): Promise<PartitionSetKeys>;
  /** All keys of a set, in the order in which they were added. */
  all(set: string): Promise<string[]>;
  /** Which of these keys a set has, and how many it has in all. */
  known(set: string, keys: readonly string[]): Promise<{ known: string[]; total: number }>;
  /** Adds and removes keys, at most 10,000 of each; may be repeated. */
  change(set: string, change: PartitionSetChange): Promise<PartitionSetChanged>;
}

export function createPartitionSetClient(request: Request): PartitionSetClient {
  const at = (set: string, path: string) => `/partition-sets/${encodeURIComponent(set)}/${path}`;
  const keys: PartitionSetClient['keys'] = (set, { limit = 100, after } = {}) =>
    request(
      partitionSetKeysSchema,
      'GET',
      at(set, `keys?limit=${limit}${after === undefined ? '' : `&after=${encodeURIComponent(after)}`}`),
    );
  return {
    list: async () => (await request(partitionSetsResponseSchema, 'GET', '/partition-sets')).sets,
    keys,
    all: async (set) => {
      const found: string[] = [];
      for (let after: string | null | undefined; after !== null;) {
        const page = await keys(set, { limit: KEYS_A_REQUEST, ...(after !== undefined && { after }) });
        for (const { key } of page.keys) found.push(key);
        after = page.next;
      }
      return found;
    },
    known: (set, keys) => request(knownPartitionsResponseSchema, 'POST', at(set, 'known'), { keys }),
    change: (set, change) =>
      request(partitionSetChangedSchema, 'POST', at(set, 'keys'), { id: randomUUID(), ...change }),
  };
}
