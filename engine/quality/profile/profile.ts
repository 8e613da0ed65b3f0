import type { Json } from '../json.js';
import type { Domain } from '../column-kind.js';

/** Version of the form below; a profile of another version is refused rather than misread. */
export const PROFILE_VERSION = 1;

/**
 * Mergeable statistics of a dataset: plain JSON, so it is stored beside a dataset version or a model version, and stands in for
 * the rows wherever drift, history or suggestions are judged.
 */
export interface DatasetProfile {
  version: typeof PROFILE_VERSION;
  rows: number;
  /** In the order of the file. */
  columns: ColumnProfile[];
}

/** Statistics of one column. Nulls and NaN are counted apart, and neither is part of anything below. */
export interface ColumnProfile {
  name: string;
  /** Arrow’s name of the type, as in `Int64` or `Timestamp<MICROSECOND>`. */
  type: string;
  domain: Domain;
  /** Rows, nulls and NaN included. */
  rows: number;
  nulls: number;
  nans: number;
  /** Least and greatest value: numbers as such, beyond 2^53 as text; instants and dates as ISO 8601; null without values. */
  min: Json;
  max: Json;
  /** Of numbers (booleans count as 0 and 1); null for other domains. */
  moments: Moments | null;
  /** Of numbers, and of instants and dates in milliseconds since 1970; null for other domains. */
  distribution: Distribution | null;
  /** Of texts and booleans; null for other domains. */
  categories: Categories | null;
  /** Sketch of the number of distinct values. */
  distinct: DistinctSketch;
}

/**
 * Count, mean and sum of squared differences from the mean, as Welford and Chan, Golub and LeVeque (1979) keep and merge them.
 * Infinite values are not part of it: they are counted apart.
 */
export interface Moments {
  count: number;
  mean: number;
  /** What the mean has beyond its double, which matters where values are large and lie close together. @default 0 */
  meanRest?: number;
  m2: number;
  min: number;
  max: number;
  sum: number;
  infinite: number;
}

/**
 * Values with their weights, ascending. `rankError` 0: every distinct value with its exact count. Otherwise a KLL sketch (Karnin,
 * Lang, Liberty 2016): the share of values at or below any point is right within `rankError` with 99 % confidence.
 */
export interface Distribution {
  values: number[];
  weights: number[];
  rankError: number;
}

/**
 * Values with their counts, the most frequent first. `exact`: all of them, and `other` is 0. Otherwise `other` values (rows) are
 * of categories that are not listed, and the counts that are listed may be short by as much as `error`.
 */
export interface Categories {
  values: [value: string | boolean, count: number][];
  other: number;
  error: number;
  exact: boolean;
}

/** HyperLogLog (Flajolet et al. 2007) with 2^12 registers, one byte each, in base64: standard error 1.6 %. Exact where known. */
export interface DistinctSketch {
  /** Number of distinct values where it is known exactly, else null. */
  exact: number | null;
  registers: string;
}
