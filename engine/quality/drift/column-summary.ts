import type { ColumnProfile, Distribution } from '../profile/index.js';
import type { CategoryCounts } from './categories.js';

/** What is compared of a column. */
export type ColumnSummary = NumericSummary | CategoricalSummary;

/** Numbers (also instants and dates, in milliseconds). */
export interface NumericSummary {
  kind: 'numeric';
  /** Finite values. */
  rows: number;
  distribution: Distribution;
  /** Standard deviation of the population where it is known better than from the points. */
  deviation?: number;
}

/** Texts and booleans. */
export interface CategoricalSummary extends CategoryCounts {
  kind: 'categorical';
  /** Values, those of unlisted categories included. */
  rows: number;
}

/** Takes from a profile what drift needs; null for columns whose profile has neither a distribution nor categories. */
export function summarizeColumn(profile: ColumnProfile): ColumnSummary | null {
  if (profile.categories !== null) {
    const counts = new Map(profile.categories.values.map(([value, count]) => [String(value), count]));
    const { other } = profile.categories;
    return { kind: 'categorical', rows: sum(counts.values()) + other, counts, other };
  }
  if (profile.distribution === null) return null;
  const { distribution, moments } = profile;
  return {
    kind: 'numeric',
    rows: sum(distribution.weights),
    distribution,
    ...(moments !== null && moments.count > 0 && { deviation: Math.sqrt(moments.m2 / moments.count) }),
  };
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
