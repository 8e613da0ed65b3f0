import { DIMENSION_SEPARATOR, MillraceError, type Dimension, type Partitions } from '../../schemas/index.js';
import { lastCompletePartition } from '../datasets/index.js';

/** Partitions that one time may close: all of them run at once, and are children of one workflow. */
export const MOST_CLOSED = 2_000;

/**
 * Partitions that a time closes: the last that is complete, with all keys of what is no time.
 * @throws PARTITION_INVALID where none is complete yet, or they are too many for one firing
 */
export function closedPartitions(partitions: Partitions, time: string): string[] {
  const keys = (cut: Exclude<Partitions, { kind: 'product' }> | Dimension) =>
    cut.kind === 'static' ? [...cut.keys] : [lastCompletePartition(cut, time)];
  if (partitions.kind !== 'product') return few(keys(partitions).length, () => keys(partitions));
  const [outer = [], inner = []] = Object.values(partitions.dimensions).map(keys);
  return few(outer.length * inner.length, () =>
    outer.flatMap((one) => inner.map((other) => `${one}${DIMENSION_SEPARATOR}${other}`)),
  );
}

function few(count: number, keys: () => string[]): string[] {
  if (count <= MOST_CLOSED) return keys();
  const message = `${count} partitions would be run at once, which is more than ${MOST_CLOSED}; name one, or start a backfill`;
  throw new MillraceError('PARTITION_INVALID', message);
}
