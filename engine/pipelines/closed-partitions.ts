import {
  DIMENSION_SEPARATOR,
  isMillraceError,
  MillraceError,
  type Dimension,
  type Partitions,
  type Schedule,
} from '../../schemas/index.js';
import { lastCompletePartition } from '../datasets/index.js';
import { cronClock } from './calendar-clock.js';

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

/**
 * Partitions that a firing of a schedule runs: those that its nominal time closes, after those of the times that were left out
 * since the firing before because clocks were changed. None before the first partition is complete, and none for what came
 * after the last.
 * @throws PARTITION_INVALID where they are too many
 */
export function partitionsOfFiring(
  partitions: Partitions,
  time: string,
  schedule: Pick<Schedule, 'cron' | 'timezone'> | undefined,
): string[] {
  const keys = new Set([...closedByLeftOut(partitions, time, schedule), ...closedOrNone(partitions, time)]);
  return few(keys.size, MOST_CLOSED, () => [...keys]);
}

/** Partitions of the times that were left out, without those that the firing before has run. */
function closedByLeftOut(
  partitions: Partitions,
  time: string,
  schedule: Pick<Schedule, 'cron' | 'timezone'> | undefined,
): string[] {
  if (schedule?.cron === undefined) return [];
  const clock = cronClock(schedule.cron, schedule.timezone);
  const leftOut = clock.leftOut(Date.parse(time));
  const before = leftOut.length === 0 ? undefined : clock.firedBefore(Date.parse(time));
  const closedAt = (instant: number) => closedOrNone(partitions, new Date(instant).toISOString());
  const hasRun = new Set(before === undefined ? [] : closedAt(before));
  return leftOut.flatMap(closedAt).filter((key) => !hasRun.has(key));
}

/** Partitions that a time closes; none where none of time is complete yet, or what it closes is behind their end. */
function closedOrNone(partitions: Partitions, time: string): string[] {
  return isOutside(partitions, time) ? [] : closedPartitions(partitions, time);
}

function isOutside(partitions: Partitions, time: string): boolean {
  const cuts = partitions.kind === 'product' ? Object.values(partitions.dimensions) : [partitions];
  return cuts.some((cut) => {
    if (cut.kind === 'static' || cut.kind === 'none') return false;
    try {
      return lastCompletePartition(cut, time) !== lastCompletePartition({ ...cut, end: undefined }, time);
    } catch (error) {
      if (isMillraceError(error) && error.code === 'PARTITION_INVALID') return true;
      throw error;
    }
  });
}

function few(count: number, most: number, keys: () => string[]): string[] {
  if (count <= most) return keys();
  const message = `${count} partitions would be run at once, which is more than ${most}; name one, or start a backfill`;
  throw new MillraceError('PARTITION_INVALID', message);
}
