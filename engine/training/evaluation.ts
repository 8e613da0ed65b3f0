import quantile from '@stdlib/stats-base-dists-normal-quantile';
import { MillraceError, type EvaluationGate, type EvaluationReport, type ModelRef } from '../../schemas/index.js';
import { aucCovariance, rocAuc, type RocAuc } from './roc-auc.js';

export interface EvaluateInput {
  /** Scores of the challenger, one a row. */
  challengerScores: Float64Array;
  /** Scores of the champion for the same rows; null where there is no champion. */
  championScores: Float64Array | null;
  /** The truth: 0 or 1, one a row. */
  labels: ArrayLike<number> | undefined;
  gate: EvaluationGate;
  championModel: ModelRef | null;
  /** Whether challenger and champion are the same model. */
  sameModel: boolean;
}

type Interval = EvaluationReport['challenger'];
type Judgement = Pick<EvaluationReport, 'verdict' | 'reason' | 'message'>;

/**
 * Judges a challenger by the area under the ROC curve. With a champion it must be shown to be no worse by more than the
 * margin: the lower bound of DeLong’s paired interval of the difference must lie above minus the margin. Intervals are
 * normal approximations, cut off at the ends of the possible range.
 * @throws MillraceError EVALUATION_IMPOSSIBLE when the rows do not allow it, as with one class
 */
export function evaluate(input: EvaluateInput): EvaluationReport {
  const { challengerScores, championScores, labels, gate, championModel, sameModel } = input;
  if (labels === undefined) throw new MillraceError('EVALUATION_IMPOSSIBLE', 'the rows have no labels');
  const z = quantile((1 + gate.confidence) / 2, 0, 1);
  const challenger = rocAuc(challengerScores, labels);
  const champion = championScores === null ? null : rocAuc(championScores, labels);
  const figures = {
    challenger: areaInterval(challenger, z),
    champion: champion === null ? null : areaInterval(champion, z),
    difference: champion === null ? null : differenceInterval(challenger, champion, z),
  };
  return {
    ...judge(figures, gate, sameModel),
    metric: gate.metric,
    rows: challengerScores.length,
    positives: challenger.positives.length,
    ...figures,
    margin: gate.margin,
    confidence: gate.confidence,
    championModel,
  };
}

function areaInterval(area: RocAuc, z: number): Interval {
  const halfWidth = z * Math.sqrt(aucCovariance(area, area));
  return cut(area.auc, halfWidth, 0, 1);
}

function differenceInterval(a: RocAuc, b: RocAuc, z: number): Interval {
  const variance = aucCovariance(a, a) + aucCovariance(b, b) - 2 * aucCovariance(a, b);
  // Rounding may leave the variance of two nearly equal models below zero.
  return cut(a.auc - b.auc, z * Math.sqrt(Math.max(0, variance)), -1, 1);
}

function cut(estimate: number, halfWidth: number, least: number, greatest: number): Interval {
  return {
    estimate,
    lower: Math.max(least, estimate - halfWidth),
    upper: Math.min(greatest, estimate + halfWidth),
  };
}

function judge(
  { challenger, champion, difference }: Pick<EvaluationReport, 'challenger' | 'champion' | 'difference'>,
  { metric, minimum, margin }: EvaluationGate,
  sameModel: boolean,
): Judgement {
  const own = `${metric} ${challenger.estimate.toFixed(4)}`;
  const compared =
    champion === null || difference === null
      ? ''
      : `against ${champion.estimate.toFixed(4)} of the champion, difference ${signed(difference.estimate)} ` +
        `[${signed(difference.lower)}, ${signed(difference.upper)}]`;
  if (minimum !== undefined && challenger.estimate < minimum) {
    const message = `${own} is below the minimum of ${minimum}${compared === '' ? '' : `; ${compared}`}`;
    return { verdict: 'fail', reason: 'BELOW_MINIMUM', message };
  }
  if (sameModel) {
    return { verdict: 'pass', reason: 'SAME_MODEL', message: `${own}; the champion is the same model` };
  }
  if (champion === null || difference === null) {
    return { verdict: 'pass', reason: 'NO_CHAMPION', message: `${own}; there is no champion to compare with` };
  }
  return difference.lower > -margin
    ? { verdict: 'pass', reason: 'NON_INFERIOR', message: `${own} ${compared}: not worse by ${margin}` }
    : { verdict: 'fail', reason: 'INFERIOR', message: `${own} ${compared}: possibly worse by ${margin}` };
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
}
