import gammainc from '@stdlib/math-base-special-gammainc';
import { sharesOf, type CountPair } from './share-distances.js';

/** A test of whether two samples are of one distribution. */
export interface ChiSquaredTest {
  statistic: number;
  degreesOfFreedom: number;
  p: number;
}

/** Fewest values that each cell must be expected to have for the chi-squared distribution to hold: Cochran's rule. */
const LEAST_EXPECTED = 5;

/**
 * Pearson's test that two rows of counts are of one distribution (homogeneity). Both rows are samples: a test against the reference
 * as if it were the truth, as Evidently makes it, finds too much in a small reference, and nothing but infinity in a new category.
 * Categories that are expected fewer than five times are put together first.
 * W. G. Cochran, Some methods for strengthening the common χ² tests, Biometrics 10 (1954) 417-451.
 * @returns null where fewer than two categories are frequent enough: then the counts prove nothing
 */
export function chiSquaredTest(counts: CountPair): ChiSquaredTest | null {
  const { reference, current } = pooled(counts);
  if (reference.length < 2) return null;
  const n = sumOf(reference);
  const m = sumOf(current);
  let statistic = 0;
  reference.forEach((count, index) => {
    const both = count + current[index]!;
    const expected = (both * n) / (n + m);
    const otherExpected = (both * m) / (n + m);
    statistic += (count - expected) ** 2 / expected + (current[index]! - otherExpected) ** 2 / otherExpected;
  });
  const degreesOfFreedom = reference.length - 1;
  return { statistic, degreesOfFreedom, p: chiSquaredTail(statistic, degreesOfFreedom) };
}

/** Probability that a chi-squared variable is at least x. From the upper tail itself: 1 - CDF has no digits below 1e-16. */
export function chiSquaredTail(x: number, degreesOfFreedom: number): number {
  return x <= 0 ? 1 : Math.min(1, gammainc(x / 2, degreesOfFreedom / 2, true, true));
}

/**
 * Cramér's V of the table in which both rows have the same weight, from 0 (same shares) to 1 (nothing in common):
 * √(½ Σ (p - q)² / (p + q)). The equal weight makes it an effect size: the plain V shrinks when one sample is much the larger.
 * H. Cramér, Mathematical Methods of Statistics (1946), chapter 21.
 */
export function cramersV(counts: CountPair): number {
  const p = sharesOf(counts.reference);
  const q = sharesOf(counts.current);
  const sum = p.reduce((total, share, index) => {
    const both = share + q[index]!;
    return both === 0 ? total : total + (share - q[index]!) ** 2 / both;
  }, 0);
  return Math.min(1, Math.sqrt(sum / 2));
}

/** Puts the rarest categories together until each cell is expected often enough. Categories of neither side are left out. */
function pooled(counts: CountPair): { reference: number[]; current: number[] } {
  const cells = Array.from(counts.reference, (count, index) => [count, counts.current[index]!] as const)
    .filter(([count, other]) => count + other > 0)
    .sort((a, b) => b[0] + b[1] - (a[0] + a[1]));
  const n = sumOf(cells.map(([count]) => count));
  const m = sumOf(cells.map(([, count]) => count));
  const enough = (both: number) => (both * Math.min(n, m)) / (n + m) >= LEAST_EXPECTED;
  const kept = cells.filter(([count, other]) => enough(count + other));
  const rest = cells
    .slice(kept.length)
    .reduce(([a, b], [count, other]) => [a + count, b + other] as const, [0, 0] as const);
  if (rest[0] + rest[1] > 0) {
    const last = kept.at(-1);
    // Too little even together: the rarest of the frequent ones takes it in.
    if (enough(rest[0] + rest[1]) || last === undefined) kept.push(rest);
    else kept[kept.length - 1] = [last[0] + rest[0], last[1] + rest[1]];
  }
  return { reference: kept.map(([count]) => count), current: kept.map(([, count]) => count) };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
