import { around, tooFew, type HistoryModel, type Trained } from './model.js';
import type { TimedPoint } from './series.js';

/** Smoothing of level, trend and season, each from 0 to 1; `season` is at most 1 - `level`. */
export interface Smoothing {
  level: number;
  trend: number;
  season: number;
}

/** Level and trend after a point, and what each phase of the season adds. */
export interface HoltWintersState {
  level: number;
  trend: number;
  seasons: number[];
  /** Phase of the next point. */
  phase: number;
}

/** Parameters besides the seasons: three smoothings, level, trend, less one since the seasons add up to 0. */
const PARAMETERS = 4;

/** Most places of a history, missing ones included. */
const GREATEST_LENGTH = 100_000;

/**
 * Additive exponential smoothing of level, trend and season, with a range of sensitivity × the standard error of its forecast.
 * P. R. Winters, Forecasting sales by exponentially weighted moving averages, Management Science 6 (1960) 324-342, after C. C. Holt
 * (1957). The error's variance counts the degrees of freedom that fitting took, so that two seasons of history do not pass for
 * certainty, and grows with missing points: R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder, Journal of Forecasting 24 (2005) 17-37.
 * Missing partitions take their place in the season.
 */
export function trainHoltWinters(
  training: readonly TimedPoint[],
  options: { sensitivity: number; minTrainingSize: number; period: number },
): Trained {
  const { period } = options;
  const need = Math.max(options.minTrainingSize, 2 * period, period + PARAMETERS + 1);
  const missing = tooFew(training.length, need);
  if (missing !== undefined) return missing;
  const spacing = medianGap(training);
  const places = (training.at(-1)!.at - training[0]!.at) / spacing;
  if (places > GREATEST_LENGTH) return 'times too far apart for a season';
  const values = spread(training, spacing);
  const start = initialState(values, period);
  const smoothing = fitSmoothing(values, start);
  const { state, squares } = smooth(values, start, smoothing);
  const magnitude = Math.max(...training.map(({ value }) => Math.abs(value)));
  // A perfect fit leaves the rounding errors of the recursion.
  const variance = Math.max(squares / (training.length - period - PARAMETERS), (1e-9 * magnitude) ** 2);
  return forecaster(training, spacing, { state, smoothing, variance }, options.sensitivity);
}

/**
 * Takes a state through values in order; what is missing (NaN) is taken as forecast.
 * @returns the state after them, and the sum of squared errors of the forecasts one step ahead
 */
export function smooth(
  values: readonly number[],
  start: HoltWintersState,
  smoothing: Smoothing,
): { state: HoltWintersState; squares: number } {
  let { level, trend, phase } = start;
  const seasons = [...start.seasons];
  let squares = 0;
  for (const value of values) {
    const season = seasons[phase]!;
    const error = Number.isNaN(value) ? 0 : value - (level + trend + season);
    squares += error * error;
    level += trend + smoothing.level * error;
    trend += smoothing.level * smoothing.trend * error;
    seasons[phase] = season + smoothing.season * error;
    phase = (phase + 1) % seasons.length;
  }
  return { state: { level, trend, seasons, phase }, squares };
}

/** State before the first value, from the first two seasons: their means give level and trend, what is left the season. */
export function initialState(values: readonly number[], period: number): HoltWintersState {
  const filled = Array.from({ length: 2 * period }, (_, index) => {
    // A missing value is that of the same phase nearest after it; the mean where the phase never has one.
    for (let at = index; at < values.length; at += period) if (!Number.isNaN(values[at]!)) return values[at]!;
    return NaN;
  });
  const mean = average(filled.filter((value) => !Number.isNaN(value)));
  const whole = filled.map((value) => (Number.isNaN(value) ? mean : value));
  const first = average(whole.slice(0, period));
  const trend = (average(whole.slice(period)) - first) / period;
  const level = first - (trend * (period + 1)) / 2;
  const rest = (index: number) => whole[index]! - (level + trend * (index + 1));
  const seasons = Array.from({ length: period }, (_, phase) => (rest(phase) + rest(phase + period)) / 2);
  return { level, trend, seasons, phase: 0 };
}

/**
 * Smoothing with the least squared error: the best point of a fixed grid, then pattern search from it with halving steps
 * (R. Hooke, T. A. Jeeves, Journal of the ACM 8 (1961) 212-229). The same values always give the same smoothing.
 */
export function fitSmoothing(values: readonly number[], start: HoltWintersState): Smoothing {
  const smoothingOf = ([level, trend, share]: Vector): Smoothing => ({ level, trend, season: share * (1 - level) });
  const cost = (vector: Vector) => smooth(values, start, smoothingOf(vector)).squares;
  const grid = [0, 0.1, 0.3, 0.5, 0.7, 0.9];
  let best: Vector = [0, 0, 0];
  let least = Infinity;
  const consider = (vector: Vector): boolean => {
    const squares = cost(vector);
    if (!(squares < least)) return false;
    [best, least] = [vector, squares];
    return true;
  };
  for (const level of grid) for (const trend of grid) for (const share of grid) consider([level, trend, share]);
  for (let step = 0.1; step > 0.001; step /= 2) {
    // Each round lowers the error, and there are few rounds a step; the bound guards against creeping.
    for (let round = 0, moved = true; moved && round < 50; round += 1) {
      moved = false;
      for (const axis of [0, 1, 2]) {
        for (const way of [-step, step]) {
          const next: Vector = [...best];
          next[axis] = Math.min(1, Math.max(0, next[axis]! + way));
          moved = consider(next) || moved;
        }
      }
    }
  }
  return smoothingOf(best);
}

type Vector = [level: number, trend: number, share: number];

function forecaster(
  training: readonly TimedPoint[],
  spacing: number,
  fitted: { state: HoltWintersState; smoothing: Smoothing; variance: number },
  sensitivity: number,
): HistoryModel {
  const { smoothing, variance } = fitted;
  let { state } = fitted;
  let last = training.at(-1)!.at;
  /** Steps since a value was last learned. */
  let unseen = 0;
  const stepsTo = (at: number) => Math.min(GREATEST_LENGTH, Math.max(1, Math.round((at - last) / spacing)));
  return {
    trainingSize: training.length,
    expect({ at }) {
      const steps = stepsTo(at);
      const phase = (state.phase + steps - 1) % state.seasons.length;
      const centre = state.level + steps * state.trend + state.seasons[phase]!;
      const growth = varianceGrowth(smoothing, state.seasons.length, unseen + steps);
      return around(centre, sensitivity * Math.sqrt(variance * growth));
    },
    learn({ at, value }, anomalous) {
      const steps = stepsTo(at);
      const learned = !anomalous && Number.isFinite(value);
      const values = new Array<number>(steps).fill(NaN);
      if (learned) values[steps - 1] = value;
      ({ state } = smooth(values, state, smoothing));
      unseen = learned ? 0 : unseen + steps;
      last = at;
    },
  };
}

/** Variance of a forecast some steps ahead, in units of that of one step: 1 + Σ cⱼ² (Hyndman and others 2005, class 1). */
function varianceGrowth({ level, trend, season }: Smoothing, period: number, steps: number): number {
  let growth = 1;
  for (let step = 1; step < steps; step += 1) {
    growth += (level + level * trend * step + (step % period === 0 ? season : 0)) ** 2;
  }
  return growth;
}

/** Usual distance of two points; months and days of 23 hours are near enough to it. */
function medianGap(points: readonly TimedPoint[]): number {
  const gaps = points.slice(1).map(({ at }, index) => at - points[index]!.at);
  return gaps.sort((a, b) => a - b)[gaps.length >> 1]!;
}

/** Values with NaN where a partition is missing. */
function spread(points: readonly TimedPoint[], spacing: number): number[] {
  return points.flatMap(({ at, value }, index) => {
    const before = points[index - 1];
    const steps = before === undefined ? 1 : Math.max(1, Math.round((at - before.at) / spacing));
    return [...new Array<number>(steps - 1).fill(NaN), value];
  });
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
