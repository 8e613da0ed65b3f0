import { MillraceError } from '../../schemas/index.js';

/** Area under the ROC curve with what its variance and covariance follow from. */
export interface RocAuc {
  /** Probability that a positive row scores above a negative one; ties count one half. */
  auc: number;
  /** For each positive row, the share of negatives below it (DeLong’s V10). */
  positives: Float64Array;
  /** For each negative row, the share of positives above it (DeLong’s V01). */
  negatives: Float64Array;
}

/**
 * ROC AUC and its structural components in O(n log n), by midranks.
 *
 * E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Comparing the areas under two or more correlated receiver operating
 * characteristic curves: a nonparametric approach, Biometrics 44 (1988) 837–845; by the algorithm of X. Sun, W. Xu, Fast
 * implementation of DeLong’s algorithm, IEEE Signal Processing Letters 21 (2014) 1389–1393.
 *
 * @param scores finite, one a row
 * @param labels 0 or 1, one a row
 * @throws MillraceError EVALUATION_IMPOSSIBLE for other values, or fewer than two rows of a class
 */
export function rocAuc(scores: Float64Array, labels: ArrayLike<number>): RocAuc {
  if (scores.length !== labels.length) {
    throw impossible(`there are ${scores.length} scores and ${labels.length} labels`);
  }
  const positive: number[] = [];
  const negative: number[] = [];
  scores.forEach((score, row) => {
    const label = labels[row];
    if (!Number.isFinite(score)) throw impossible(`the score of row ${row} is ${score}`);
    if (label === 1) positive.push(row);
    else if (label === 0) negative.push(row);
    else throw impossible(`the label of row ${row} is ${String(label)}, not true or false`);
  });
  const m = positive.length;
  const n = negative.length;
  if (m < 2 || n < 2) {
    throw impossible(`${m} rows are positive and ${n} negative; at least two of each class are needed`);
  }
  const all = midranks(scores);
  const amongPositives = midranks(Float64Array.from(positive, (row) => scores[row] as number));
  const amongNegatives = midranks(Float64Array.from(negative, (row) => scores[row] as number));
  const at = (ranks: Float64Array, index: number): number => ranks[index] as number;
  const positives = Float64Array.from(positive, (row, index) => (at(all, row) - at(amongPositives, index)) / n);
  const negatives = Float64Array.from(negative, (row, index) => 1 - (at(all, row) - at(amongNegatives, index)) / m);
  return { auc: mean(positives), positives, negatives };
}

/** DeLong’s covariance of two areas on the same rows; of an area with itself, its variance. */
export function aucCovariance(a: RocAuc, b: RocAuc): number {
  return (
    covariance(a.positives, b.positives) / a.positives.length +
    covariance(a.negatives, b.negatives) / a.negatives.length
  );
}

/** Ranks from 1; equal values share the mean of their ranks. */
function midranks(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start + 1;
    const value = values[order[start] as number];
    while (end < order.length && values[order[end] as number] === value) end += 1;
    for (let index = start; index < end; index += 1) ranks[order[index] as number] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function covariance(a: Float64Array, b: Float64Array): number {
  const meanA = mean(a);
  const meanB = mean(b);
  const sum = a.reduce((total, value, index) => total + (value - meanA) * ((b[index] as number) - meanB), 0);
  return sum / (a.length - 1);
}

function impossible(message: string): MillraceError {
  return new MillraceError('EVALUATION_IMPOSSIBLE', message);
}
