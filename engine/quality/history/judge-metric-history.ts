import {
  metricAnomalySpecSchema,
  parseWith,
  type MetricAnomalyResult,
  type MetricAnomalySpec,
  type MetricAnomalySpecInput,
} from '../../../schemas/index.js';
import { trainHoltWinters } from './holt-winters.js';
import type { Expectation, Trained } from './model.js';
import { trainBatchNormal, trainMad, trainOnlineNormal } from './normal-models.js';
import { trainRateOfChange } from './rate-of-change.js';
import { trainSeasonal } from './seasonal-model.js';
import { splitPeriods, type MetricPoint, type TimedPoint } from './series.js';

/** Fewest points to learn from where the spec does not say: a week of days, as in Elementary. */
const MIN_TRAINING_SIZE = 7;

/** Share of the expected value by which rounding may put a value out of a range of no width. */
const ROUNDING = 1e-9;

interface Judgement {
  point: TimedPoint;
  expected: [number | null, number | null];
  anomalous: boolean;
  /** How far out of the range, in units of its width. */
  excess: number;
}

/**
 * Judges the newest points of a metric by the points before them. Points may come in any order. Open partitions are neither judged
 * nor learned from; where the point to be judged is open, or there is too little history, the status is `skip`, which is no pass.
 * A value that is not a number is an anomaly: there was no such value to learn from.
 * @throws MillraceError INPUT_INVALID for a malformed spec, time or time zone
 */
export function judgeMetricHistory(points: readonly MetricPoint[], input: MetricAnomalySpecInput): MetricAnomalyResult {
  const spec = parseWith(metricAnomalySpecSchema, input, 'metric anomaly');
  const periods = splitPeriods(points, spec);
  if (periods === null) return skipped('there is no history');
  const { training, detection, newest } = periods;
  if (detection.length === 0) return skipped(`the partition of ${newest.time} is still open`, training.length);
  const model = train(training, spec);
  if (typeof model === 'string')
    return skipped(`too little history before ${detection[0]!.time}: ${model}`, training.length);

  const judgements: Judgement[] = [];
  let reason = '';
  for (const point of detection) {
    const expectation = model.expect(point);
    if (typeof expectation === 'string') {
      reason = `too little history before ${point.time}: ${expectation}`;
      continue;
    }
    const judgement = judge(point, expectation, spec);
    judgements.push(judgement);
    model.learn(point, judgement.anomalous);
  }
  return judgements.length === 0 ? skipped(reason, training.length) : conclude(judgements, model.trainingSize);
}

function train(training: readonly TimedPoint[], spec: MetricAnomalySpec): Trained {
  const minTrainingSize = spec.minTrainingSize ?? (spec.method === 'rate_of_change' ? spec.order : MIN_TRAINING_SIZE);
  switch (spec.method) {
    case 'batch_normal':
      return trainBatchNormal(training, { ...spec, minTrainingSize });
    case 'online_normal':
      return trainOnlineNormal(training, { ...spec, minTrainingSize });
    case 'mad':
      return trainMad(training, { ...spec, minTrainingSize });
    case 'seasonal':
      return trainSeasonal(training, { ...spec, minTrainingSize });
    case 'holt_winters':
      return trainHoltWinters(training, { ...spec, minTrainingSize });
    case 'rate_of_change':
      return trainRateOfChange(training, { ...spec, minTrainingSize });
  }
}

function judge(point: TimedPoint, { centre, low, high }: Expectation, spec: MetricAnomalySpec): Judgement {
  const size = Math.abs(centre);
  const { spike, drop } = spec.ignoreSmallChanges;
  const least = spec.direction === 'spike' ? -Infinity : Math.min(low, centre - drop * size);
  const most = spec.direction === 'drop' ? Infinity : Math.max(high, centre + spike * size);
  const expected: Judgement['expected'] = [orNull(least), orNull(most)];
  if (!Number.isFinite(point.value)) return { point, expected, anomalous: true, excess: Infinity };
  const out = Math.max(least - point.value, point.value - most) - ROUNDING * size;
  const width = Math.max(high - centre, centre - low) || size || 1;
  return { point, expected, anomalous: out > 0, excess: out / (width === Infinity ? size || 1 : width) };
}

function conclude(judgements: readonly Judgement[], trainingSize: number): MetricAnomalyResult {
  const anomalies = judgements.filter(({ anomalous }) => anomalous);
  const shown = anomalies.reduce<Judgement | undefined>(
    (worst, next) => (worst === undefined || next.excess > worst.excess ? next : worst),
    undefined,
  );
  const { point, expected } = shown ?? judgements.at(-1)!;
  const more = anomalies.length > 1 ? `; ${anomalies.length} anomalies among ${judgements.length} points` : '';
  return {
    status: anomalies.length > 0 ? 'fail' : 'pass',
    time: point.time,
    observed: orNull(point.value),
    expected,
    trainingSize,
    judged: judgements.length,
    anomalies: anomalies.map((anomaly) => ({
      time: anomaly.point.time,
      observed: orNull(anomaly.point.value),
      expected: anomaly.expected,
    })),
    message: `${point.time}: ${describe(point.value, expected)}${more}`,
  };
}

function describe(value: number, [low, high]: Judgement['expected']): string {
  const range =
    low === null
      ? high === null
        ? 'any number'
        : `at most ${short(high)}`
      : high === null
        ? `at least ${short(low)}`
        : `${short(low)} to ${short(high)}`;
  return `${Number.isNaN(value) ? 'not a number' : short(value)}, expected ${range}`;
}

function skipped(message: string, trainingSize = 0): MetricAnomalyResult {
  return {
    status: 'skip',
    time: null,
    observed: null,
    expected: null,
    trainingSize,
    judged: 0,
    anomalies: [],
    message: `not judged: ${message}`,
  };
}

function orNull(number: number): number | null {
  return Number.isFinite(number) ? number : null;
}

function short(number: number): string {
  return String(Number(number.toPrecision(6)));
}
