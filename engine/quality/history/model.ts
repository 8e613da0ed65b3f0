import type { TimedPoint } from './series.js';

/** What a model expects of a point: a value, and the closed range around it that is normal. */
export interface Expectation {
  centre: number;
  low: number;
  high: number;
}

/** A model of a metric's history, trained and ready for the points after it, one after the other in order of time. */
export interface HistoryModel {
  /** Points that it has learned from. */
  readonly trainingSize: number;
  /** What it expects of the next point; a text says why it can't. */
  expect(point: TimedPoint): Expectation | string;
  /** Goes on to the next point. */
  learn(point: TimedPoint, anomalous: boolean): void;
}

/** A model, or why there is too little to train one. */
export type Trained = HistoryModel | string;

/** Says that there is too little, where there is. */
export function tooFew(have: number, need: number, what = 'closed points'): string | undefined {
  return have >= need ? undefined : `${have} ${what}, ${need} needed`;
}

/** A range of equal width to both sides. */
export function around(centre: number, half: number): Expectation {
  return { centre, low: centre - half, high: centre + half };
}

/** Mean and standard deviation (of the sample: n - 1) of at least one value. */
export function meanAndDeviation(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length < 2 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
