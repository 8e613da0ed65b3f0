import { instantField, MillraceError, type MetricAnomalySpec } from '../../../schemas/index.js';

/** A metric of one version of a dataset. */
export interface MetricPoint {
  /** Start of its partition, ISO 8601 with offset. */
  time: string;
  /** NaN or infinite where the metric has no number. */
  value: number;
  /** Whether its partition is over; what may still grow is neither judged nor learned from. */
  closed: boolean;
}

/** A point with its time in milliseconds since 1970. */
export interface TimedPoint extends MetricPoint {
  at: number;
}

/** What is learned from and what is judged. */
export interface Periods {
  training: TimedPoint[];
  /** Closed points in order of time. */
  detection: TimedPoint[];
  /** Point that the detection period ends with; it may be open. */
  newest: TimedPoint;
}

const DAY = 86_400_000;

/**
 * Splits a history into what is learned from and what is judged: the newest point alone or the days up to it, and the closed points
 * before. Of several points of one time, as when a partition was repaired, the last one counts.
 * @returns null for a history without points
 * @throws MillraceError INPUT_INVALID for a time that is not ISO 8601 with an offset
 */
export function splitPeriods(points: readonly MetricPoint[], spec: MetricAnomalySpec): Periods | null {
  const byTime = new Map(points.map((point, index) => [instantOf(point.time, index), point]));
  const series = [...byTime].map(([at, point]) => ({ ...point, at })).sort((a, b) => a.at - b.at);
  const newest = series.at(-1);
  if (newest === undefined) return null;
  const detectionDays = spec.detectionDays;
  const isJudged = ({ at }: TimedPoint) =>
    detectionDays === undefined ? at === newest.at : at > newest.at - detectionDays * DAY;
  const detection = series.filter(isJudged);
  const start = detection[0]!.at - (spec.trainingDays ?? Infinity) * DAY;
  // What is not a number has nothing to teach.
  const training = series.filter(
    (point) => point.closed && !isJudged(point) && point.at >= start && Number.isFinite(point.value),
  );
  return { training, detection: detection.filter(({ closed }) => closed), newest };
}

function instantOf(time: string, index: number): number {
  if (instantField.safeParse(time).success) return Date.parse(time);
  const problem = { path: `points[${index}].time`, message: `is not an ISO 8601 instant with an offset: ${time}` };
  throw new MillraceError('INPUT_INVALID', `history: ${problem.path} ${problem.message}`, { problems: [problem] });
}
