import type { Distribution } from '../profile/index.js';
import { sizeOf, walkJointly } from './weighted-points.js';

/** Up to this product of the two sizes p is exact; the work is proportional to it, some milliseconds here. */
const EXACT_PATHS = 1_000_000;

/**
 * Two-sample Kolmogorov-Smirnov statistic: the greatest distance of the two cumulative shares, from 0 to 1. Neither may be empty.
 * N. Smirnov, Table for estimating the goodness of fit of empirical distributions, Annals of Mathematical Statistics 19 (1948) 279-281.
 */
export function ksStatistic(reference: Distribution, current: Distribution): number {
  const n = sizeOf(reference);
  const m = sizeOf(current);
  let greatest = 0;
  walkJointly(reference, current, (_, below, otherBelow) => {
    greatest = Math.max(greatest, Math.abs(below / n - otherBelow / m));
  });
  return greatest;
}

/**
 * Probability that samples of n and m values of one continuous distribution are at least `statistic` apart (two-sided).
 * Exact for samples of one size and while n·m is at most a million, else by the limiting distribution. With ties it errs to the safe
 * side (too large).
 */
export function ksProbability(statistic: number, n: number, m: number): number {
  if (n === m) return equalSizesProbability(statistic, n);
  return n * m <= EXACT_PATHS ? exactProbability(statistic, n, m) : limitingProbability(statistic, n, m);
}

/**
 * Exact for two samples of n values: 2 Σ (-1)^(i-1) C(2n, n - i·k) / C(2n, n), where k is n times the statistic.
 * B. V. Gnedenko, V. S. Korolyuk, On the maximum discrepancy between two empirical distributions, Doklady Akademii Nauk SSSR 80
 * (1951) 525-528.
 */
function equalSizesProbability(statistic: number, n: number): number {
  // The distances are whole multiples of 1/n, despite rounding.
  const step = Math.ceil(statistic * n - 1e-7);
  if (step <= 0) return 1;
  let sum = 0;
  let ratio = 1;
  // After some twenty times √n steps the ratio is 0.
  for (let k = 1; k <= n && ratio > 0; k += 1) {
    ratio *= (n - k + 1) / (n + k);
    if (k % step === 0) sum += (k / step) % 2 === 1 ? ratio : -ratio;
  }
  return Math.min(1, 2 * sum);
}

/**
 * Share of the lattice paths from (0, 0) to (n, m) that touch the boundary: sums positive terms only, so small p keep their digits.
 * J. L. Hodges, The significance probability of the Smirnov two-sample test, Arkiv för Matematik 3 (1958) 469-486.
 */
function exactProbability(statistic: number, n: number, m: number): number {
  // Distances are whole multiples of 1/(n·m); half a step below the observed one settles comparisons despite rounding.
  const boundary = (Math.floor(statistic * n * m - 1e-7) + 0.5) / (n * m);
  const outside = (i: number, j: number) => Math.abs(i / n - j / m) >= boundary;
  const touched = new Float64Array(m + 1);
  for (let j = 1; j <= m; j += 1) touched[j] = outside(0, j) ? 1 : touched[j - 1]!;
  for (let i = 1; i <= n; i += 1) {
    if (outside(i, 0)) touched[0] = 1;
    for (let j = 1; j <= m; j += 1) {
      touched[j] = outside(i, j) ? 1 : (i * touched[j]! + j * touched[j - 1]!) / (i + j);
    }
  }
  return Math.min(1, touched[m]!);
}

/**
 * Kolmogorov's limiting distribution at a corrected argument. Of p above 0.001 it is right to 2.5 %, where scipy's asymptotic p is too;
 * below that it errs to the safe side where one sample is much the smaller.
 * J. Vrbik, Small-sample corrections to Kolmogorov-Smirnov test statistic, Pioneer Journal of Theoretical and Applied Statistics 15
 * (2018) 15-23.
 */
function limitingProbability(statistic: number, n: number, m: number): number {
  const root = Math.sqrt((n * m) / (n + m));
  const plain = root * statistic;
  const x = plain + 1 / (6 * root) + (plain - 1) / (4 * root * root);
  // The alternating series converges at once for large x; below 1 its complement by theta functions does.
  if (x < 0.05) return 1;
  if (x < 1) {
    let sum = 0;
    for (let k = 1; k <= 7; k += 2) sum += Math.exp((-k * k * Math.PI * Math.PI) / (8 * x * x));
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  let sum = 0;
  for (let k = 1; k <= 6; k += 1) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * x * x);
  return sum;
}
