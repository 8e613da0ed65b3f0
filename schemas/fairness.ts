/** Weight of a backfill where others have 1: of one priority, a fourth of what another pipeline’s ordinary runs get. */
export const BACKFILL_WEIGHT = 0.25;

/**
 * For whom work is done. Of one priority, Temporal lets its keys take turns, so that no origin’s queue keeps another’s
 * waiting. Keys have 64 bytes at most; longer names that begin alike share one.
 */
export function fairnessKey(origin: 'run' | 'backfill', pipeline: string): string {
  return `${origin}/${pipeline}`.slice(0, 64);
}
