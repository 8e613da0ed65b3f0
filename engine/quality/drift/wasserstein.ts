import type { Distribution } from '../profile/index.js';
import { momentsOf, sizeOf, walkJointly } from './weighted-points.js';

/**
 * First Wasserstein (earth mover's) distance: the area between the two cumulative shares, in the unit of the values.
 * L. N. Vaserstein, Markov processes over denumerable products of spaces, Problems of Information Transmission 5 (1969) 47-52.
 * Neither distribution may be empty.
 */
export function wassersteinDistance(reference: Distribution, current: Distribution): number {
  const n = sizeOf(reference);
  const m = sizeOf(current);
  let area = 0;
  let previous = NaN;
  let gap = 0;
  walkJointly(reference, current, (value, below, otherBelow) => {
    if (gap > 0) area += gap * (value - previous);
    previous = value;
    gap = Math.abs(below / n - otherBelow / m);
  });
  return area;
}

/**
 * Wasserstein distance in standard deviations of the reference, as Evidently judges it. A reference without spread has no such
 * unit: then that of both together is taken, which is 0 only where both are the same constant.
 * @param deviation standard deviation of the reference where it is known better than from the points
 */
export function normedWasserstein(
  reference: Distribution,
  current: Distribution,
  deviation = momentsOf(reference).deviation,
): number {
  const distance = wassersteinDistance(reference, current);
  if (distance === 0) return 0;
  const magnitude = Math.max(Math.abs(reference.values[0] ?? 0), Math.abs(reference.values.at(-1) ?? 0));
  // What rounding leaves of a constant is not a spread.
  if (deviation > magnitude * 1e-12) return distance / deviation;
  return distance / momentsOf(reference, current).deviation;
}
