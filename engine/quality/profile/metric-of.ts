import type { Check } from '../../../schemas/check.js';
import { HyperLogLog } from './hyperloglog.js';
import { sampleVariance } from './moments.js';
import type { ColumnProfile, DatasetProfile } from './profile.js';
import { quantileOf } from './sketch.js';

/** A measure of a column that a profile can tell. */
export type ProfileMetric = Extract<Check, { type: 'metric_anomaly' }>['metric'];

/**
 * A measure of a column by its profile; null where the profile has no such column or the column no such measure. A column with NaN
 * has NaN for a mean, as the check `aggregate` sees it.
 */
export function metricOf(
  { columns }: DatasetProfile,
  name: string,
  metric: ProfileMetric,
  quantile?: number,
): number | null {
  const column = columns.find((candidate) => candidate.name === name);
  if (column === undefined) return null;
  const { rows, nulls, nans, moments, distribution } = column;
  switch (metric) {
    case 'null_share':
      return rows === 0 ? 0 : nulls / rows;
    case 'nan_share':
      return rows === 0 ? 0 : nans / rows;
    case 'distinct_count':
      return distinctOf(column);
    default:
      if (nans > 0) return NaN;
      if (moments === null || (moments.count === 0 && metric !== 'sum')) return null;
  }
  switch (metric) {
    case 'min':
      return moments.min;
    case 'max':
      return moments.max;
    case 'mean':
      return moments.mean;
    case 'sum':
      return moments.sum;
    case 'variance':
      return sampleVariance(moments);
    case 'stddev':
      return Math.sqrt(sampleVariance(moments));
    case 'median':
      return distribution && quantileOf(distribution, 0.5);
    case 'quantile':
      return distribution && quantileOf(distribution, quantile ?? 0.5);
    default:
      return metric satisfies never;
  }
}

/** The number of distinct values, exact where it is known. */
export function distinctOf({ distinct }: Pick<ColumnProfile, 'distinct'>): number {
  return distinct.exact ?? HyperLogLog.fromBase64(distinct.registers).estimate();
}
