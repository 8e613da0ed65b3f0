import { DIMENSION_SEPARATOR, MillraceError, WHOLE_KEY, type Dimension, type Partitions } from '../../schemas/index.js';
import { keyContaining, partitionRange, partitionWindow, precedingPartitions } from './partition-windows.js';

/** Keys of each dimension of a cut, and how they were joined. */
interface Parts {
  partitions: Dimension;
  name: string;
  key: string;
}

/**
 * Partitions of one cut that a partition of another is made of: all that have some time in common with it, so that none of its rows
 * is missing. Of the same cut it is the partition itself; days roll up to their week; an hour has the day that contains it; a day of
 * another zone has two; where the other has a dimension more, it is all of its keys. What is made of what is the same both ways.
 * @param upstream how the data that is read is cut
 * @param downstream how the reader’s is
 * @param key of the reader
 * @throws MillraceError PARTITION_INVALID for the key, or where the cuts have nothing in common
 */
export function partitionsWithin(upstream: Partitions, downstream: Partitions, key: string): string[] {
  if (upstream.kind === 'none') return [WHOLE_KEY];
  if (upstream.kind === 'product') {
    const [outer = [], inner = []] = Object.entries(upstream.dimensions).map(([name, dimension]) =>
      dimensionWithin(dimension, name, downstream, key),
    );
    return outer.flatMap((one) => inner.map((other) => `${one}${DIMENSION_SEPARATOR}${other}`));
  }
  return dimensionWithin(upstream, undefined, downstream, key);
}

/**
 * The last partitions of one cut that end where a partition of another begins, or before; oldest first.
 * @throws MillraceError PARTITION_INVALID
 */
export function partitionsBefore(upstream: Partitions, downstream: Partitions, key: string, count: number): string[] {
  const { start } = partitionWindow(downstream, key);
  if (start === undefined) return [];
  // That of the partition’s first moment, then back from there.
  const [own] = partitionsWithin(upstream, downstream, key);
  return own === undefined || partitionWindow(upstream, own).start === undefined
    ? []
    : precedingPartitions(upstream, own, count);
}

function dimensionWithin(upstream: Dimension, name: string | undefined, downstream: Partitions, key: string): string[] {
  const parts = partsOf(downstream, key);
  if (upstream.kind === 'static') {
    const same = parts.find((part) => part.partitions.kind === 'static' && (name === undefined || part.name === name));
    if (same === undefined) return [...upstream.keys];
    partitionWindow(upstream, same.key);
    return [same.key];
  }
  const { start, end } = partitionWindow(downstream, key);
  if (start === undefined || end === undefined) {
    throw new MillraceError('PARTITION_INVALID', `${key} is no time, and what it reads is cut by time`);
  }
  return partitionRange(
    upstream,
    keyContaining(upstream, start),
    keyContaining(upstream, new Date(Date.parse(end) - 1)),
  );
}

function partsOf(partitions: Partitions, key: string): Parts[] {
  // The key has to be one, whatever is asked of it.
  partitionWindow(partitions, key);
  if (partitions.kind === 'none') return [];
  if (partitions.kind !== 'product') return [{ partitions, name: '', key }];
  const keys = key.split(DIMENSION_SEPARATOR);
  return Object.entries(partitions.dimensions).map(([name, dimension], index) => ({
    partitions: dimension,
    name,
    key: keys[index] ?? '',
  }));
}
