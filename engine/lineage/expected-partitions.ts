import { lastCompletePartition, partitionRange, withKeys } from '../datasets/index.js';
import { DIMENSION_SEPARATOR, isMillraceError, partitionsSchema, type Partitions } from '../../schemas/index.js';

/**
 * Keys that a pipeline's datasets should have by now: all static keys; the whole of an uncut dataset; of times, those from
 * the pipeline's `start` to its `end` or to the last that is complete. Without a `start`, nothing before the first key on
 * record is expected; without a `start` and an `end`, nothing after the last one either, because a pipeline may be about
 * the past.
 * @param partitions of a specification; anything else expects nothing
 * @param known first and last key on record
 * @param sets keys of dynamic sets by name
 */
export function expectedPartitions(
  partitions: unknown,
  known: { first: string; last: string } | undefined,
  now: Date,
  sets: ReadonlyMap<string, readonly string[]> = new Map(),
): string[] {
  const parsed = partitionsSchema.safeParse(partitions);
  if (!parsed.success) return [];
  try {
    return keysOf(withKeys(parsed.data, sets), known, now);
  } catch (error) {
    // Keys on record that the pipeline does not have any more, or no key that is complete yet.
    if (isMillraceError(error) && error.code === 'PARTITION_INVALID') return [];
    throw error;
  }
}

function keysOf(partitions: Partitions, known: { first: string; last: string } | undefined, now: Date): string[] {
  if (partitions.kind === 'none') return ['all'];
  if (partitions.kind === 'static') return [...partitions.keys];
  if (partitions.kind === 'product') {
    const [outer = [], inner = []] = Object.values(partitions.dimensions).map((one) => keysOf(one, undefined, now));
    return outer.flatMap((one) => inner.map((other) => `${one}${DIMENSION_SEPARATOR}${other}`));
  }
  const { start, end } = partitions;
  const first = start ?? known?.first;
  const last = start === undefined && end === undefined ? known?.last : lastCompletePartition(partitions, now);
  return first === undefined || last === undefined ? [] : partitionRange(partitions, first, last);
}
