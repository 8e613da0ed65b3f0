import type { DriftMethod, DriftOptions } from '../../../schemas/index.js';
import type { Distribution } from '../profile/index.js';
import { countInBins, quantileBins, sturgesBins } from './bins.js';
import { alignCategories } from './categories.js';
import { chiSquaredTest, cramersV } from './chi-squared.js';
import { chooseMethod } from './choose-method.js';
import type { CategoricalSummary, ColumnSummary, NumericSummary } from './column-summary.js';
import { ksProbability, ksStatistic } from './kolmogorov-smirnov.js';
import {
  hellingerDistance,
  jensenShannonDistance,
  lInfinityDistance,
  populationStabilityIndex,
  type CountPair,
} from './share-distances.js';
import { normedWasserstein } from './wasserstein.js';
import { walkJointly } from './weighted-points.js';

/** Effect and significance of the difference of a column, before it is judged. */
export interface DriftMeasurement {
  method: DriftMethod;
  effect: number;
  p: number | null;
  pTest: 'ks' | 'chi2' | null;
  added: string[];
  vanished: string[];
}

/** Methods that compare shares: of categories, of bins, or of single values. */
const SHARE_METHODS = {
  psi: populationStabilityIndex,
  js: jensenShannonDistance,
  linf: lInfinityDistance,
  hellinger: hellingerDistance,
  chi2: cramersV,
} as const satisfies Partial<Record<DriftMethod, (counts: CountPair) => number>>;

/** Up to this many distinct values of the reference its numbers are not binned but counted one by one, as in Evidently. */
const UNBINNED_VALUES = 20;

/** Whether a method compares shares, so that it also fits categories. */
export function comparesShares(method: DriftMethod): method is keyof typeof SHARE_METHODS {
  return method in SHARE_METHODS;
}

/** Compares the categories of a column. Both sides have values; the method, if given, compares shares. */
export function measureCategories(
  reference: CategoricalSummary,
  current: CategoricalSummary,
  method: DriftMethod | undefined,
): DriftMeasurement {
  const { counts, added, vanished } = alignCategories(reference, current);
  const chosen = method ?? chooseMethod('categorical', reference.rows, counts.reference.length);
  return { ...measureShares(counts, chosen), added, vanished };
}

/** Compares the numbers of a column. Both sides have values. */
export function measureNumbers(
  reference: NumericSummary,
  current: NumericSummary,
  method: DriftMethod | undefined,
  options: Pick<DriftOptions, 'binning' | 'bins'>,
): DriftMeasurement {
  const values = valueCounts(reference.distribution, current.distribution);
  const chosen = method ?? chooseMethod('numeric', reference.rows, values.reference.length);
  const none = { added: [], vanished: [] };
  if (comparesShares(chosen)) {
    const single = new Set(reference.distribution.values).size <= UNBINNED_VALUES;
    return { ...measureShares(single ? values : binned(reference, current, options), chosen), ...none };
  }
  const statistic = ksStatistic(reference.distribution, current.distribution);
  // A sketch may be off by its rank error; what could be its doing is no evidence.
  const rankError = reference.distribution.rankError + current.distribution.rankError;
  const p = ksProbability(Math.max(0, statistic - rankError), reference.rows, current.rows);
  const effect =
    chosen === 'ks' ? statistic : normedWasserstein(reference.distribution, current.distribution, reference.deviation);
  return { method: chosen, effect, p, pTest: 'ks', ...none };
}

/** Whether both columns are of one kind; TypeScript cannot narrow a pair by one member. */
export function bothNumeric(pair: [ColumnSummary, ColumnSummary]): pair is [NumericSummary, NumericSummary] {
  return pair.every(({ kind }) => kind === 'numeric');
}

/** Whether both columns are categorical. */
export function bothCategorical(
  pair: [ColumnSummary, ColumnSummary],
): pair is [CategoricalSummary, CategoricalSummary] {
  return pair.every(({ kind }) => kind === 'categorical');
}

function measureShares(counts: CountPair, method: DriftMethod): Omit<DriftMeasurement, 'added' | 'vanished'> {
  if (!comparesShares(method)) throw new RangeError(`${method} does not compare shares`);
  const test = chiSquaredTest(counts);
  return { method, effect: SHARE_METHODS[method](counts), p: test?.p ?? null, pTest: test === null ? null : 'chi2' };
}

function binned(
  { distribution: reference }: NumericSummary,
  { distribution: current }: NumericSummary,
  { binning, bins }: Pick<DriftOptions, 'binning' | 'bins'>,
): CountPair {
  const cut = binning === 'sturges' ? sturgesBins(reference, current) : quantileBins(reference, bins);
  return countInBins(reference, current, cut);
}

/** Counts of each distinct value of the two. */
function valueCounts(reference: Distribution, current: Distribution): { reference: number[]; current: number[] } {
  const counts: { reference: number[]; current: number[] } = { reference: [], current: [] };
  let before = 0;
  let otherBefore = 0;
  walkJointly(reference, current, (_, below, otherBelow) => {
    counts.reference.push(below - before);
    counts.current.push(otherBelow - otherBefore);
    [before, otherBefore] = [below, otherBelow];
  });
  return counts;
}
