import { partitionsSchema, type PartitionSet, type PartitionSetKeys } from '../../schemas/index.js';
import { dynamicSets } from '../datasets/index.js';
import { currentSpecifications } from './current-specifications.js';
import { cursorOf, parseCursor } from './page-cursor.js';
import type { Reader } from './reader.js';

interface SetRow {
  set_name: string;
  keys: number;
  changed_at: string;
}

/** Sets by name: those that have or had keys, and those that pipelines name. */
export async function listPartitionSets(read: Reader): Promise<PartitionSet[]> {
  const rows = await read<SetRow>(
    `SELECT set_name, count(*) FILTER (present) AS keys, max(changed_at) AS changed_at
     FROM (SELECT set_name, key, arg_max(present, sequence) AS present, max(changed_at) AS changed_at
           FROM partition_keys GROUP BY set_name, key)
     GROUP BY set_name`,
  );
  const users = await usersOf(read);
  const known = new Map(rows.map((row) => [row.set_name, row]));
  return [...new Set([...known.keys(), ...users.keys()])].sort().map((set) => ({
    set,
    keys: known.get(set)?.keys ?? 0,
    changedAt: known.get(set)?.changed_at ?? null,
    pipelines: users.get(set) ?? [],
  }));
}

/** Keys of a set in the order in which they were added; of one that nobody knows there are none. */
export async function partitionSetKeys(
  read: Reader,
  set: string,
  { limit, after }: { limit: number; after?: string },
): Promise<PartitionSetKeys> {
  const [sequence = '0', position = '0'] = after === undefined ? [] : parseCursor(after, 2);
  const rows = await read<{ key: string; actor: string; changed_at: string; sequence: number; position: number }>(
    `SELECT key, actor, changed_at, sequence, position FROM partition_set_keys
     WHERE set_name = $1 AND (sequence, position) > ($2::BIGINT, $3::INTEGER) ORDER BY sequence, position LIMIT $4`,
    [set, sequence, after === undefined ? '-1' : position, limit + 1],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const about = (await listPartitionSets(read)).find((one) => one.set === set);
  return {
    set,
    total: about?.keys ?? 0,
    changedAt: about?.changedAt ?? null,
    pipelines: about?.pipelines ?? [],
    keys: page.map(({ key, actor, changed_at: addedAt }) => ({ key, addedAt, addedBy: actor })),
    next: rows.length > page.length && last !== undefined ? cursorOf([`${last.sequence}`, `${last.position}`]) : null,
  };
}

/** Which keys a set has, of those that are asked for; and how many it has in all. */
export async function knownPartitions(
  read: Reader,
  set: string,
  keys: readonly string[],
): Promise<{ known: string[]; total: number }> {
  const rows = await read<{ key: string | null; total: number }>(
    `WITH present AS (SELECT key FROM partition_set_keys WHERE set_name = $1)
     SELECT NULL AS key, count(*) AS total FROM present
     UNION ALL SELECT key, 0 FROM present WHERE key IN (SELECT unnest($2))`,
    [set, keys],
  );
  return {
    known: rows.flatMap(({ key }) => key ?? []),
    total: rows.find(({ key }) => key === null)?.total ?? 0,
  };
}

/** All keys of each set, in the order in which they were added. */
export async function keysOfSets(read: Reader, sets: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  if (sets.length === 0) return found;
  const rows = await read<{ set_name: string; key: string }>(
    'SELECT set_name, key FROM partition_set_keys WHERE set_name IN (SELECT unnest($1)) ORDER BY sequence, position',
    [[...sets]],
  );
  for (const { set_name: set, key } of rows) {
    const keys = found.get(set);
    if (keys === undefined) found.set(set, [key]);
    else keys.push(key);
  }
  return found;
}

/** Pipelines by the sets that their partitions are of. */
async function usersOf(read: Reader): Promise<Map<string, PartitionSet['pipelines']>> {
  const users = new Map<string, PartitionSet['pipelines']>();
  for (const { pipeline, specification } of await currentSpecifications(read)) {
    const parsed = partitionsSchema.safeParse((specification as { partitions?: unknown } | null)?.partitions);
    if (!parsed.success) continue;
    const partitions = parsed.data;
    for (const set of dynamicSets(partitions)) {
      const dimensions =
        partitions.kind === 'product'
          ? Object.entries(partitions.dimensions).flatMap(([name, one]) =>
              one.kind === 'dynamic' && one.set === set ? [name] : [],
            )
          : [null];
      const uses = dimensions.map((dimension) => ({ pipeline, dimension }));
      users.set(set, [...(users.get(set) ?? []), ...uses]);
    }
  }
  return users;
}
