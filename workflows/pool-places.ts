import type { PoolPlace } from '../schemas/index.js';

/**
 * Who gets the next place: pipelines take turns, and within a pipeline whoever asked first.
 * @param last when each pipeline got a place last, in any rising number; one that never did comes first
 */
export function nextPlace(
  waiting: readonly PoolPlace[],
  last: Readonly<Record<string, number>>,
): PoolPlace | undefined {
  return waiting.reduce<PoolPlace | undefined>((best, place) => {
    if (best === undefined) return place;
    return (last[place.pipeline] ?? 0) < (last[best.pipeline] ?? 0) ? place : best;
  }, undefined);
}
