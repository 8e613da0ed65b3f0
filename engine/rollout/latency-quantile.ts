import type { ArmStatistics } from '../../schemas/index.js';

/** Counts by upper bound in milliseconds; the last count has no bound. */
export type LatencyHistogram = ArmStatistics['latency'];

/**
 * Sum of histograms. Where their bounds differ (servers of two releases side by side), the result has the bounds of all,
 * and a count stays at the upper bound it was counted under: no quantile comes out smaller than it was.
 */
export function mergeHistograms(histograms: readonly LatencyHistogram[]): LatencyHistogram {
  const counts = new Map<number, number>();
  for (const histogram of histograms) {
    histogram.counts.forEach((count, index) => {
      const bound = histogram.bounds[index] ?? Infinity;
      counts.set(bound, (counts.get(bound) ?? 0) + count);
    });
  }
  const bounds = [...counts.keys()].filter((bound) => bound !== Infinity).sort((a, b) => a - b);
  return {
    bounds,
    counts: [...bounds, Infinity].map((bound) => counts.get(bound) ?? 0),
    sum: histograms.reduce((sum, histogram) => sum + histogram.sum, 0),
  };
}

/**
 * Quantile in milliseconds, interpolated linearly within its bucket as Prometheus does in `histogram_quantile`: the first
 * bucket begins at 0, and a quantile in the last bucket, which has no end, is the largest bound.
 * @returns null for an empty histogram
 */
export function quantileOf({ bounds, counts }: LatencyHistogram, quantile: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = bounds[index - 1] ?? 0;
      const upper = bounds[index] ?? lower;
      return lower + (upper - lower) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
