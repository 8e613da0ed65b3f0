import type { DeclaredPartitions, Partitions } from '../../schemas/index.js';
import { dynamicParts, dynamicSets, neededKeys, unknownKey, withKeys, withOwnKey } from '../datasets/index.js';
import type { LineageClient } from '../lineage/index.js';

/** What is asked about dynamic sets. */
export type PartitionSets = Pick<LineageClient['partitionSets'], 'all' | 'keys' | 'known'>;

/** Enough to see whether a set has one key, and for a message to name some. */
const SOME_KEYS = 21;
/** Keys among which the one that was meant is looked for. */
const NEAR_KEYS = 1_000;

/** Partitions with all keys of their dynamic sets as they are now. */
export async function knownPartitions(sets: PartitionSets, partitions: DeclaredPartitions): Promise<Partitions> {
  const names = dynamicSets(partitions);
  const keys = await Promise.all(names.map(async (set) => [set, await sets.all(set)] as const));
  return withKeys(partitions, new Map(keys));
}

/**
 * Partitions as far as a run for one key needs them: asks whether its set has the key, and not for all that it has.
 * @param key undefined: some keys of each set, so that the only one is found, or a message can name some
 * @throws PARTITION_UNKNOWN
 */
export async function partitionsAt(
  sets: PartitionSets,
  partitions: DeclaredPartitions,
  key: string | undefined,
): Promise<Partitions> {
  const names = dynamicSets(partitions);
  if (names.length === 0) return withKeys(partitions);
  if (key === undefined) {
    const pages = names.map(async (set) => {
      const { keys } = await sets.keys(set, { limit: SOME_KEYS });
      return [set, keys.map((one) => one.key)] as const;
    });
    return withKeys(partitions, new Map(await Promise.all(pages)));
  }
  for (const part of dynamicParts(partitions, key)) await requireKnown(sets, part);
  return withOwnKey(partitions, key);
}

/**
 * Partitions that a run reads, as far as its own partition makes them matter: of a dimension that both have, the one key, else all.
 * @param upstream how the data that is read is cut
 * @param own how the run’s is
 * @param key of the run
 * @throws PARTITION_UNKNOWN where the key is of another set than that of the data, which has no such key
 */
export async function partitionsAcross(
  sets: PartitionSets,
  upstream: DeclaredPartitions,
  own: DeclaredPartitions,
  key: string,
): Promise<Partitions> {
  const keys = new Map<string, string[]>();
  for (const needed of neededKeys(upstream, own, key)) {
    if (needed.key !== null && !needed.own) await requireKnown(sets, { set: needed.set, key: needed.key });
    const found = needed.key === null ? await sets.all(needed.set) : [needed.key];
    keys.set(needed.set, [...new Set([...(keys.get(needed.set) ?? []), ...found])]);
  }
  return withKeys(upstream, keys);
}

async function requireKnown(sets: PartitionSets, { set, key }: { set: string; key: string }): Promise<void> {
  const { known, total } = await sets.known(set, [key]);
  if (known.includes(key)) return;
  const some = total <= NEAR_KEYS ? await sets.keys(set, { limit: NEAR_KEYS }) : { keys: [] };
  throw unknownKey(
    set,
    key,
    some.keys.map((one) => one.key),
    total,
  );
}
