import { DIMENSION_SEPARATOR, type DeclaredPartitions, type Dimension, type Partitions } from '../../schemas/index.js';

/** Names of the dynamic sets that partitions have, each once. */
export function dynamicSets(partitions: DeclaredPartitions): string[] {
  return [...new Set(dimensionsOf(partitions).flatMap((one) => (one.kind === 'dynamic' ? [one.set] : [])))];
}

/** The parts of a key that are keys of dynamic sets; none of a key that has not as many parts as the partitions. */
export function dynamicParts(partitions: DeclaredPartitions, key: string): { set: string; key: string }[] {
  const dimensions = dimensionsOf(partitions);
  const parts = partitions.kind === 'product' ? key.split(DIMENSION_SEPARATOR) : [key];
  if (parts.length !== dimensions.length) return [];
  return dimensions.flatMap((one, index) =>
    one.kind === 'dynamic' ? [{ set: one.set, key: parts[index] ?? '' }] : [],
  );
}

/**
 * Partitions with the keys of their dynamic sets put in: what everything that asks about windows, ranges and mappings takes.
 * @param keys by the name of the set, in its order; a set that is left out has none
 */
export function withKeys(
  partitions: DeclaredPartitions,
  keys: ReadonlyMap<string, readonly string[]> = new Map(),
): Partitions {
  if (dynamicSets(partitions).length === 0) return partitions as Partitions;
  const of = (dimension: DeclaredDimension): Dimension =>
    dimension.kind === 'dynamic'
      ? { kind: 'static', keys: keys.get(dimension.set) ?? [], set: dimension.set }
      : dimension;
  if (partitions.kind === 'dynamic')
    return { kind: 'static', keys: keys.get(partitions.set) ?? [], set: partitions.set };
  if (partitions.kind !== 'product') return partitions;
  const dimensions = Object.entries(partitions.dimensions).map(([name, one]) => [name, of(one)] as const);
  return { kind: 'product', dimensions: Object.fromEntries(dimensions) };
}

/**
 * Partitions as a run sees them that was let in with a key: that key is in its set, whatever became of the set since.
 */
export function withOwnKey(partitions: DeclaredPartitions, key: string): Partitions {
  const keys = new Map<string, string[]>();
  for (const { set, key: part } of dynamicParts(partitions, key)) keys.set(set, [...(keys.get(set) ?? []), part]);
  return withKeys(partitions, keys);
}

/** What has to be known of a dynamic set to map a partition to those of another cut. */
export interface NeededKeys {
  set: string;
  /** The one key that matters; null: all of them. */
  key: string | null;
  /** Whether it is of the same set on both sides, so that it is known to be in it. */
  own: boolean;
}

/**
 * Which keys of the dynamic sets of one cut matter to a partition of another: mapped to the same dimension its own key alone, else all.
 * @param upstream how the data that is read is cut
 * @param downstream how the reader’s is
 * @param key of the reader
 */
export function neededKeys(upstream: DeclaredPartitions, downstream: DeclaredPartitions, key: string): NeededKeys[] {
  const parts = partsOf(downstream, key).filter(({ dimension: { kind } }) => kind === 'static' || kind === 'dynamic');
  return partsOf(upstream, '').flatMap(({ name, dimension }): NeededKeys[] => {
    if (dimension.kind !== 'dynamic') return [];
    const same = parts.find((part) => upstream.kind !== 'product' || part.name === name);
    if (same === undefined) return [{ set: dimension.set, key: null, own: false }];
    const own = same.dimension.kind === 'dynamic' && same.dimension.set === dimension.set;
    return [{ set: dimension.set, key: same.key, own }];
  });
}

function partsOf(
  partitions: DeclaredPartitions,
  key: string,
): { name: string; dimension: DeclaredPartitions | DeclaredDimension; key: string }[] {
  if (partitions.kind !== 'product') return [{ name: '', dimension: partitions, key }];
  const keys = key.split(DIMENSION_SEPARATOR);
  return Object.entries(partitions.dimensions).map(([name, dimension], index) => ({
    ...{ name, dimension, key: keys[index] ?? '' },
  }));
}

type DeclaredDimension = Extract<DeclaredPartitions, { kind: 'product' }>['dimensions'][string];

function dimensionsOf(partitions: DeclaredPartitions): (DeclaredPartitions | DeclaredDimension)[] {
  return partitions.kind === 'product' ? Object.values(partitions.dimensions) : [partitions];
}
