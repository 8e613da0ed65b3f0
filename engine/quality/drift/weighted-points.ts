import type { Distribution } from '../profile/index.js';

/** Distribution of a sample: every distinct value with its count. NaN and infinite values are left out. */
export function sampleDistribution(sample: Iterable<number>): Distribution {
  const sorted = Float64Array.from(sample).filter(Number.isFinite).sort();
  const values: number[] = [];
  const weights: number[] = [];
  for (const value of sorted) {
    // -0 sorts before 0 but is the same value.
    if (values.at(-1) === value) weights[weights.length - 1]! += 1;
    else {
      values.push(value);
      weights.push(1);
    }
  }
  return { values, weights, rankError: 0 };
}

/** Number of values that a distribution stands for. */
export function sizeOf({ weights }: Distribution): number {
  let size = 0;
  for (const weight of weights) size += weight;
  return size;
}

/**
 * Goes through the distinct values of two distributions in ascending order, and gives at each the counts at or below it.
 * Counts rather than shares: sums of whole numbers have no rounding errors.
 */
export function walkJointly(
  first: Distribution,
  second: Distribution,
  visit: (value: number, firstBelow: number, secondBelow: number) => void,
): void {
  let i = 0;
  let j = 0;
  let below = 0;
  let otherBelow = 0;
  while (i < first.values.length || j < second.values.length) {
    const value = Math.min(first.values[i] ?? Infinity, second.values[j] ?? Infinity);
    // A sketch may hold a value more than once.
    for (; i < first.values.length && first.values[i]! <= value; i += 1) below += first.weights[i]!;
    for (; j < second.values.length && second.values[j]! <= value; j += 1) otherBelow += second.weights[j]!;
    visit(value, below, otherBelow);
  }
}

/** Mean and standard deviation (of the population, as `numpy.std` is) of one distribution or of several put together. */
export function momentsOf(...distributions: Distribution[]): { mean: number; deviation: number } {
  let size = 0;
  let mean = 0;
  let squares = 0;
  for (const { values, weights } of distributions) {
    values.forEach((value, index) => {
      const weight = weights[index]!;
      size += weight;
      const before = value - mean;
      mean += (before * weight) / size;
      squares += weight * before * (value - mean);
    });
  }
  return { mean, deviation: size === 0 ? 0 : Math.sqrt(squares / size) };
}
