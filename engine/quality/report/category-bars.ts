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

/**
 * The greatest categories of all datasets together, and of several datasets those that differ most besides, the greatest first;
 * last what is left of each.
 */
export function categoryBars(datasets: readonly Categories[]): CategoryBar[] {
  const sizes = datasets.map(({ values, other }) => values.reduce((sum, [, count]) => sum + count, other));
  const shares = datasets.map(
    ({ values }, i) => new Map(values.map(([value, count]) => [value, count / Math.max(1, sizes[i]!)])),
  );
  const all = [...new Set(datasets.flatMap(({ values }) => values.map(([value]) => value)))].map((category) => {
    const own = shares.map((of) => of.get(category) ?? 0);
    return { category, shares: own, greatest: Math.max(...own), change: Math.max(...own) - Math.min(...own) };
  });
  const greatest = [...all].sort((a, b) => b.greatest - a.greatest);
  const changed = datasets.length > 1 ? [...all].sort((a, b) => b.change - a.change).slice(0, MOST_BARS / 2) : [];
  const kept = new Set([...new Set([...changed, ...greatest])].slice(0, MOST_BARS));
  const listed: CategoryBar[] = greatest
    .filter((bar) => kept.has(bar))
    .map(({ category, shares: own }) => ({ category, shares: own }));
  const rest = datasets.map((_, i) =>
    sizes[i] === 0 ? 0 : Math.max(0, 1 - listed.reduce((sum, bar) => sum + bar.shares[i]!, 0)),
  );
  return rest.some((share) => share > 1e-9) ? [...listed, { category: null, shares: rest }] : listed;
}
