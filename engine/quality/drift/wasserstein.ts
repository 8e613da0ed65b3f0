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
export function normedWasserstein(reference: Distribution, current: Distribution, deviation?: number): number {
  const distance = wassersteinDistance(reference, current);
  if (distance === 0) return 0;
  // By its ends: rounding may leave of a constant what is no spread.
  if (reference.values[0] === reference.values.at(-1)) return distance / deviationOf(reference, current);
  // Squares of values such as 1e200 and 1e-200 are no doubles.
  const isKnown = deviation !== undefined && deviation > 0 && deviation < Infinity;
  return distance / (isKnown ? deviation : deviationOf(reference));
}

/** Standard deviation of distributions put together, which are not all 0, whatever their unit. */
function deviationOf(...distributions: Distribution[]): number {
  const ends = distributions.flatMap(({ values }) => [values[0]!, values.at(-1)!]);
  // A power of two, by which nothing is rounded.
  const unit = 2 ** Math.floor(Math.log2(Math.max(...ends.map(Math.abs))));
  const scaled = distributions.map((one) => ({ ...one, values: one.values.map((value) => value / unit) }));
  return momentsOf(...scaled).deviation * unit;
}
