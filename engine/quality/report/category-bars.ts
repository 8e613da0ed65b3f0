import type { Categories } from '../profile/profile.js';

/** The share of one category in each of some datasets. */
export interface CategoryBar {
  /** The category; null for all that are not listed. */
  category: string | boolean | null;
  /** In the order of the datasets, from 0 to 1. */
  shares: number[];
}

/** Bars that a chart has room for, besides the one of all others. */
const MOST_BARS = 12;

/** The greatest categories of all datasets together, the greatest first, and what is left of each. */
export function categoryBars(datasets: readonly Categories[]): CategoryBar[] {
  const sizes = datasets.map(({ values, other }) => values.reduce((sum, [, count]) => sum + count, other));
  const shares = datasets.map(
    ({ values }, i) => new Map(values.map(([value, count]) => [value, count / Math.max(1, sizes[i]!)])),
  );
  const greatest = (value: string | boolean) => Math.max(...shares.map((of) => of.get(value) ?? 0));
  const listed = [...new Set(datasets.flatMap(({ values }) => values.map(([value]) => value)))]
    .map((value) => ({ value, share: greatest(value) }))
    .sort((a, b) => b.share - a.share)
    .slice(0, MOST_BARS)
    .map(({ value }) => ({ category: value, shares: shares.map((of) => of.get(value) ?? 0) }));
  const rest = datasets.map((_, i) =>
    sizes[i] === 0 ? 0 : Math.max(0, 1 - listed.reduce((sum, bar) => sum + bar.shares[i]!, 0)),
  );
  return rest.some((share) => share > 1e-9) ? [...listed, { category: null, shares: rest }] : listed;
}
