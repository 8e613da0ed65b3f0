import { addToMoments, emptyMoments, sampleVariance } from '../profile/moments.js';
import { CHECK_SKETCH, distributionOf, quantileOf } from '../profile/sketch.js';
import type { DistributionState } from '../states.js';
import { DistributionKernel } from './distribution.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';

/**
 * Tukey’s fences or deviations from the mean. NaN and the infinities are outliers, and are left out of the fences. Exact as long as
 * the column has at most a million distinct values, else from a sketch. Without values the rate is 0.
 */
export const outlierRate: CheckDefinition<CheckOf<'outlier_rate'>> = {
  columns: (check) => [check.column],
  problems: limitsProblems,
  share: (check) => `distribution ${check.column}`,
  start: (check, [kind]) => new DistributionKernel(check.column, kind!),
  threshold(check) {
    const rule = check.method === 'iqr' ? 'interquartile ranges' : 'deviations';
    return `share beyond ${check.limit ?? defaultLimit(check)} ${rule} ${limitsWords(check)}`;
  },
  judge(state, check) {
    const { sketch, nans, total } = state as DistributionState;
    const { values, weights, rankError } = distributionOf(sketch, CHECK_SKETCH);
    const isFinite = values.map(Number.isFinite);
    const distribution = {
      values: values.filter((_, i) => isFinite[i]),
      weights: weights.filter((_, i) => isFinite[i]),
      rankError,
    };
    const [low, high] = fences(distribution, check);
    const beyond = values.reduce((sum, value, i) => sum + (value < low || value > high ? weights[i]! : 0), 0);
    const failing = Math.min(total, Math.round(beyond) + nans);
    const share = total === 0 ? 0 : failing / total;
    const base = { ...withinLimits(share, check), observed: share, failing, total, examples: [] };
    return rankError === 0
      ? base
      : { ...base, message: `from a sketch: shares are right within ${(rankError * 100).toFixed(2)} %` };
  },
};

function fences(distribution: ReturnType<typeof distributionOf>, check: CheckOf<'outlier_rate'>): [number, number] {
  const limit = check.limit ?? defaultLimit(check);
  if (distribution.values.length === 0) return [-Infinity, Infinity];
  if (check.method === 'iqr') {
    const [lower, upper] = [quantileOf(distribution, 0.25), quantileOf(distribution, 0.75)];
    return [lower - limit * (upper - lower), upper + limit * (upper - lower)];
  }
  const moments = emptyMoments();
  distribution.values.forEach((value, i) => addToMoments(moments, value, distribution.weights[i]));
  const deviation = Math.sqrt(sampleVariance(moments)) || 0;
  return [moments.mean - limit * deviation, moments.mean + limit * deviation];
}

function defaultLimit({ method }: CheckOf<'outlier_rate'>): number {
  return method === 'iqr' ? 1.5 : 3;
}
