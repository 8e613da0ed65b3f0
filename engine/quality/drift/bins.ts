import type { Distribution } from '../profile/index.js';
import type { CountPair } from './share-distances.js';
import { sizeOf } from './weighted-points.js';

/** Where bins meet, ascending; the first and the last bin are open. */
export interface Bins {
  cuts: number[];
  /** Whether a value at a cut belongs to the bin below it. */
  closed: 'right' | 'left';
}

/**
 * Bins that hold equal shares of the reference, as far as its ties allow. They resolve the bulk of skewed data, which bins of
 * equal width put into one or two.
 */
export function quantileBins(reference: Distribution, bins: number): Bins {
  const size = sizeOf(reference);
  const greatest = reference.values.at(-1);
  const cuts: number[] = [];
  let below = 0;
  let next = 1;
  reference.values.forEach((value, index) => {
    below += reference.weights[index]!;
    // No cut at the greatest value: nothing of the reference would be above it.
    if (next >= bins || below < (next * size) / bins || value === greatest) return;
    if (cuts.at(-1) !== value) cuts.push(value);
    while (next < bins && below >= (next * size) / bins) next += 1;
  });
  return { cuts, closed: 'right' };
}

/**
 * Bins of equal width over both distributions, as many as H. A. Sturges, The choice of a class interval, JASA 21 (1926) 65-66, asks
 * for, and as `numpy.histogram_bin_edges(…, bins="sturges")` computes them.
 */
export function sturgesBins(reference: Distribution, current: Distribution): Bins {
  const start = Math.min(reference.values[0] ?? Infinity, current.values[0] ?? Infinity);
  const end = Math.max(reference.values.at(-1) ?? -Infinity, current.values.at(-1) ?? -Infinity);
  if (!(end > start)) return { cuts: [], closed: 'left' };
  const width = (end - start) / (Math.log2(sizeOf(reference) + sizeOf(current)) + 1);
  const bins = Math.ceil((end - start) / width);
  const step = (end - start) / bins;
  return { cuts: Array.from({ length: bins - 1 }, (_, index) => start + (index + 1) * step), closed: 'left' };
}

/** Counts of two distributions in the same bins. */
export function countInBins(reference: Distribution, current: Distribution, bins: Bins): CountPair {
  return { reference: binCounts(reference, bins), current: binCounts(current, bins) };
}

function binCounts({ values, weights }: Distribution, { cuts, closed }: Bins): number[] {
  const counts = new Array<number>(cuts.length + 1).fill(0);
  let bin = 0;
  values.forEach((value, index) => {
    while (bin < cuts.length && (closed === 'right' ? value > cuts[bin]! : value >= cuts[bin]!)) bin += 1;
    counts[bin]! += weights[index]!;
  });
  return counts;
}
