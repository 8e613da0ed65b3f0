import { MillraceError } from '../schemas/errors.js';
import { nameField } from '../schemas/fields.js';
import { createLineageRequest, type Request } from '../schemas/lineage-request.js';
import { parseWith } from '../schemas/parse.js';
import {
  KEYS_A_REQUEST,
  keysToChangeSchema,
  partitionSetChangedSchema,
  partitionSetKeysSchema,
  partitionSetsResponseSchema,
  type PartitionSet,
  type PartitionSetChanged,
  type PartitionSetKeys,
} from '../schemas/partition-set.js';

/** Where the lineage owner is, which keeps the keys of dynamic sets. */
export interface LineageTarget {
  /** Address, as in `http://127.0.0.1:4300`; by default MILLRACE_LINEAGE_URL. Several are separated by commas. */
  url?: string | undefined;
  /** Token of `millrace token create`; by default MILLRACE_LINEAGE_TOKEN. */
  token?: string | undefined;
  /** Longest wait for an answer, in milliseconds; 30,000 by default. */
  timeoutMs?: number;
}

/** Who changes a set, and why; it is on the audit record. */
export interface ChangeOptions {
  /** `unknown` by default. */
  by?: string;
  reason?: string;
}

/**
 * Keys of dynamic sets of partitions. Every method throws LINEAGE_UNREACHABLE where the owner does not answer, and may be repeated:
 * to add what is there, or remove what is not, changes nothing.
 */
export interface DynamicPartitions {
  /** Sets that have or had keys, and those that pipelines name. */
  list(): Promise<PartitionSet[]>;
  /** Keys in the order in which they were added, in pages; 100 by default, at most 10,000; give the `next` of an answer as `after`. */
  keys(set: string, options?: { limit?: number; after?: string }): Promise<PartitionSetKeys>;
  /**
   * Adds keys. All are judged before the first is added; more than 10,000 are added 10,000 at a time.
   * @throws MillraceError INPUT_INVALID with the path of each key that can be none, or where the set would have more than 250,000
   */
  add(set: string, keys: readonly string[], options?: ChangeOptions): Promise<PartitionSetChanged>;
  /** Removes keys. Runs and versions of theirs stay on record, and runs that are under way go on. @throws MillraceError INPUT_INVALID */
  remove(set: string, keys: readonly string[], options?: ChangeOptions): Promise<PartitionSetChanged>;
}

/** @internal */
export function createPartitions(target: LineageTarget): DynamicPartitions {
  const request = requester(target);
  const at = (set: string) => `/partition-sets/${parseWith(nameField, set, 'name of the set')}/keys`;

  async function change(
    verb: 'add' | 'remove',
    set: string,
    keys: readonly string[],
    options: ChangeOptions = {},
  ): Promise<PartitionSetChanged> {
    const parsed = parseWith(keysToChangeSchema, { set, keys: [...keys], ...options }, `keys to ${verb}`);
    const { by, reason } = parsed;
    const sum = { added: 0, removed: 0, unchanged: 0, total: 0 };
    for (let start = 0; start < parsed.keys.length; start += KEYS_A_REQUEST) {
      const some = parsed.keys.slice(start, start + KEYS_A_REQUEST);
      const body = { id: crypto.randomUUID(), [verb]: some, by, reason };
      const { added, removed, unchanged, total } = await request(partitionSetChangedSchema, 'POST', at(set), body);
      sum.added += added;
      sum.removed += removed;
      sum.unchanged += unchanged;
      sum.total = total;
    }
    return sum;
  }

  return {
    list: async () => (await request(partitionSetsResponseSchema, 'GET', '/partition-sets')).sets,
    keys: (set, { limit = 100, after } = {}) => {
      const query = new URLSearchParams({ limit: String(limit), ...(after !== undefined && { after }) });
      return request(partitionSetKeysSchema, 'GET', `${at(set)}?${query.toString()}`);
    },
    add: (set, keys, options) => change('add', set, keys, options),
    remove: (set, keys, options) => change('remove', set, keys, options),
  };
}

function requester({ timeoutMs = 30_000, ...target }: LineageTarget): Request {
  return (schema, method, path, body) => {
    const url = target.url ?? process.env.MILLRACE_LINEAGE_URL ?? '';
    const token = target.token ?? process.env.MILLRACE_LINEAGE_TOKEN;
    if (url.trim() === '') {
      const message = 'neither the option lineage.url nor MILLRACE_LINEAGE_URL says where the lineage owner is';
      return Promise.reject(new MillraceError('LINEAGE_UNREACHABLE', message));
    }
    return createLineageRequest({ url, token, timeoutMs, fetch })(schema, method, path, body);
  };
}
