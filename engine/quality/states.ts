import type { Json } from './json.js';
import type { Operator } from './operator.js';
import type { ByteKeys } from './byte-set.js';
import type { DatasetProfile, Moments } from './profile/profile.js';
import type { SketchState } from './profile/sketch.js';

/** A failing row: its number in its file from 0 (DuckDB’s `file_row_number`), the value, the key columns. */
export interface Example {
  [field: string]: Json;
  row: number;
}

/** Failing rows that are kept for each check. */
export const MAX_EXAMPLES = 5;

/** Rows of a dataset. */
export interface RowsState {
  kind: 'rows';
  rows: number;
}

/** Rows that were judged, and those of them that failed. */
export interface ShareState {
  kind: 'share';
  total: number;
  failing: number;
  examples: Example[];
}

/** The newest of `total` instants, in nanoseconds since 1970 as decimal text; null where there is none. */
export interface NewestState {
  kind: 'newest';
  total: number;
  newestNs: string | null;
}

/**
 * All distinct keys of `total` rows without nulls; `nulls` rows have one. `types` are the columns’ types: keys are comparable
 * only between equal ones.
 */
export interface KeysState {
  kind: 'keys';
  total: number;
  nulls: number;
  types: string;
  keys: ByteKeys;
  examples: Example[];
}

/** The check could not run on some part, hence not on the whole. */
export interface ErrorState {
  kind: 'error';
  message: string;
  /** Whether it was for want of memory or of a way to compare, so that another way may do. */
  overBudget?: true;
}

/** A value at the border of two parts, comparable with others of the same column. Texts are bytes in base64. */
export type OrderKey = { number: number } | { integer: string } | { text: string };

/** Rows in an order, with the values at both ends. */
export interface OrderState extends Omit<ShareState, 'kind'> {
  kind: 'order';
  operator: Operator;
  first: OrderKey | null;
  last: OrderKey | null;
}

/** Schemas of the files, each once, with the number of nulls in the columns that were looked at. */
export interface SchemaState {
  kind: 'schema';
  schemas: { name: string; type: string; family: string; nullable: boolean }[][];
  nulls: { [column: string]: number };
}

/** Distinct keys with the number of rows of each; rows with a null in a column are in `nulls` alone. */
export interface CountsState {
  kind: 'counts';
  total: number;
  nulls: number;
  types: string;
  keys: ByteKeys;
  counts: Float64Array;
}

/** Statistics of the numbers of a column; `least` and `greatest` are exact, in the column’s units. */
export interface NumbersState {
  kind: 'numbers';
  /** Values that are not null. */
  total: number;
  nulls: number;
  nans: number;
  moments: Moments;
  /** The exact sum of integers and decimals in the column’s units; null for floating point. */
  sum: string | null;
  least: OrderKey | null;
  greatest: OrderKey | null;
}

/** Distribution of the numbers of a column: exact counts of its values up to a budget, then a KLL sketch. */
export interface DistributionState {
  kind: 'distribution';
  total: number;
  nans: number;
  sketch: SketchState;
}

/** Joint moments of two columns, over rows where both have a value. */
export interface PairState {
  kind: 'pair';
  total: number;
  nans: number;
  meanA: number;
  meanB: number;
  m2A: number;
  m2B: number;
  comoment: number;
}

/** Moments of the finite numbers of one column by the values of another; rows with a null are left out. */
export interface GroupsState {
  kind: 'groups';
  /** Rows with NaN or an infinity. */
  nans: number;
  types: string;
  keys: ByteKeys;
  counts: Float64Array;
  means: Float64Array;
  /** Squares of the distances from the mean of the group, added up over all groups. */
  within: number;
}

/** Rows in buckets of time, by the number of the bucket. */
export interface BucketsState {
  kind: 'buckets';
  total: number;
  buckets: Map<number, number>;
}

/** Distinct values as a HyperLogLog sketch. */
export interface SketchedDistinctState {
  kind: 'sketched_distinct';
  total: number;
  registers: Uint8Array;
}

/** Numbers by name, which add up. */
export interface TallyState {
  kind: 'tally';
  total: number;
  tally: { [name: string]: number };
  examples: Example[];
}

/** An order-independent digest of rows: the sum of their hashes modulo 2^64. */
export interface ChecksumState {
  kind: 'checksum';
  rows: number;
  types: string;
  sum: bigint;
}

/** States of several questions at once, by name. */
export interface ManyState {
  kind: 'many';
  states: { [name: string]: CheckState };
}

/** Profiles of columns. */
export interface ProfileState {
  kind: 'profile';
  profile: DatasetProfile;
}

/** Keys that were counted by DuckDB or in several passes, since they did not fit into memory: `distinct` of `total` rows without nulls. */
export interface SpilledState {
  kind: 'spilled';
  total: number;
  nulls: number;
  distinct: number;
}

/**
 * What a query gave: its rows, and the number of one that has one row and one column, an integer beyond 2^53 as its digits; `none` for
 * others.
 */
export interface SqlState {
  kind: 'sql';
  rows: number;
  value: number | string | null;
  examples: Example[];
}

/** There was nothing to see in the rows. */
export interface NothingState {
  kind: 'nothing';
}

/**
 * What a check has seen so far. States hold plain values and typed arrays, so they survive a structured clone, and the state of
 * a whole is the merge of the states of its parts in their order.
 */
export type CheckState =
  | RowsState
  | ShareState
  | NewestState
  | KeysState
  | OrderState
  | SchemaState
  | CountsState
  | NumbersState
  | DistributionState
  | PairState
  | GroupsState
  | BucketsState
  | SketchedDistinctState
  | TallyState
  | ChecksumState
  | ManyState
  | ProfileState
  | SqlState
  | SpilledState
  | NothingState
  | ErrorState;
