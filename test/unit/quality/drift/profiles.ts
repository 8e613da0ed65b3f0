import { momentsOf, sampleDistribution } from '../../../../engine/quality/drift/index.js';
import type { ColumnProfile, DatasetProfile, Distribution } from '../../../../engine/quality/profile/index.js';

const EMPTY: Omit<ColumnProfile, 'name' | 'type' | 'domain' | 'rows'> = {
  nulls: 0,
  nans: 0,
  min: null,
  max: null,
  moments: null,
  distribution: null,
  categories: null,
  distinct: { exact: null, registers: '' },
};

/** Profile of a column of numbers. */
export function numbers(
  name: string,
  sample: number[] | Distribution,
  more: Partial<ColumnProfile> = {},
): ColumnProfile {
  const distribution = Array.isArray(sample) ? sampleDistribution(sample) : sample;
  const count = distribution.weights.reduce((sum, weight) => sum + weight, 0);
  const { mean, deviation } = momentsOf(distribution);
  const [min, max] = [distribution.values[0] ?? 0, distribution.values.at(-1) ?? 0];
  const moments = { count, mean, m2: deviation ** 2 * count, min, max, sum: mean * count, infinite: 0 };
  return { ...EMPTY, name, type: 'Float64', domain: 'number', rows: count, moments, distribution, ...more };
}

/** Profile of a column of texts; `other` values are of categories that are not listed. */
export function texts(name: string, counts: Record<string, number>, other = 0): ColumnProfile {
  const values = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const rows = values.reduce((sum, [, count]) => sum + count, other);
  const categories = { values, other, error: 0, exact: other === 0 };
  return { ...EMPTY, name, type: 'Utf8', domain: 'text', rows, categories };
}

/** Profile of a dataset of these columns. */
export function profileOf(...columns: ColumnProfile[]): DatasetProfile {
  return { version: 1, rows: Math.max(0, ...columns.map(({ rows }) => rows)), columns };
}

/** A sample that has each quantile of a distribution once: no randomness, and as little noise as `size` values can have. */
export function quantiles(size: number, inverse: (share: number) => number): number[] {
  return Array.from({ length: size }, (_, index) => inverse((index + 0.5) / size));
}
