import { DIMENSION_SEPARATOR, MillraceError, type Dimension, type Partitions } from '../../schemas/index.js';
import { lastCompletePartition } from '../datasets/index.js';

/** Partitions that one time may close: all of them run at once, and are children of one workflow. */
export const MOST_CLOSED = 2_000;

/**
 * Partitions that a time closes: the last that is complete, with all keys of what is no time.
 * @param most partitions; as many as one firing may run by default
 * @throws PARTITION_INVALID where none is complete yet, or they are too many
 */
export function closedPartitions(partitions: Partitions, time: string, most = MOST_CLOSED): string[] {
  const keys = (cut: Exclude<Partitions, { kind: 'product' }> | Dimension) =>
    cut.kind === 'static' ? [...cut.keys] : [lastCompletePartition(cut, time)];
  if (partitions.kind !== 'product') return few(keys(partitions).length, most, () => keys(partitions));
  const [outer = [], inner = []] = Object.values(partitions.dimensions).map(keys);
  return few(outer.length * inner.length, most, () =>
    outer.flatMap((one) => inner.map((other) => `${one}${DIMENSION_SEPARATOR}${other}`)),
  );
}

function few(count: number, most: number, keys: () => string[]): string[] {
  if (count <= most) return keys();
  const message = `${count} partitions would be run at once, which is more than ${most}; name one, or start a backfill`;
  throw new MillraceError('PARTITION_INVALID', message);
}
