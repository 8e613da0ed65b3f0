import { DIMENSION_SEPARATOR, type Dimension, type Partitions } from '../../schemas/index.js';
import { lastCompletePartition } from '../datasets/index.js';

/** Partitions that a time closes: the last that is complete, with all keys of what is no time. */
export function closedPartitions(partitions: Partitions, time: string): string[] {
  const keys = (cut: Exclude<Partitions, { kind: 'product' }> | Dimension) =>
    cut.kind === 'static' ? cut.keys : [lastCompletePartition(cut, time)];
  if (partitions.kind !== 'product') return keys(partitions);
  const [outer = [], inner = []] = Object.values(partitions.dimensions).map(keys);
  return outer.flatMap((one) => inner.map((other) => `${one}${DIMENSION_SEPARATOR}${other}`));
}
