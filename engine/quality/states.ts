import { ByteSet, type ByteKeys } from './byte-set.js';

/** A failing row: its number in its file from 0 (DuckDB’s `file_row_number`), the value, the key columns. */
export interface Example {
  [field: string]: Json;
  row: number;
}
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

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

/** All distinct keys of `total` rows. `types` are the columns’ types: keys are comparable only between equal ones. */
export interface KeysState {
  kind: 'keys';
  total: number;
  types: string;
  keys: ByteKeys;
  examples: Example[];
}

/** The check could not run on some part, hence not on the whole. */
export interface ErrorState {
  kind: 'error';
  message: string;
}

/**
 * What a check has seen so far. States hold plain values and typed arrays, so they survive a structured clone, and the state of
 * a whole is the merge of the states of its parts in their order.
 */
export type CheckState = RowsState | ShareState | NewestState | KeysState | ErrorState;

/** Memory that the keys of one `unique` check may take, in bytes, hash table included: about ten million short keys. */
export const UNIQUE_BUDGET_BYTES = 512 << 20;

/**
 * The state of two parts together, `a` before `b`. The examples of `unique` are those that the parts saw themselves: a row
 * that repeats a key of another part is counted, but its number is no longer known.
 * @param budget memory for the keys of `unique`, in bytes
 */
export function mergeStates(a: CheckState, b: CheckState, budget = UNIQUE_BUDGET_BYTES): CheckState {
  if (a.kind === 'error') return a;
  if (b.kind === 'error') return b;
  if (a.kind === 'rows' && b.kind === 'rows') return { kind: 'rows', rows: a.rows + b.rows };
  if (a.kind === 'share' && b.kind === 'share') {
    return {
      kind: 'share',
      total: a.total + b.total,
      failing: a.failing + b.failing,
      examples: [...a.examples, ...b.examples].slice(0, MAX_EXAMPLES),
    };
  }
  if (a.kind === 'newest' && b.kind === 'newest') {
    return { kind: 'newest', total: a.total + b.total, newestNs: later(a.newestNs, b.newestNs) };
  }
  if (a.kind === 'keys' && b.kind === 'keys') return mergeKeys(a, b, budget);
  throw new TypeError(`states of two checks cannot be merged: ${a.kind} and ${b.kind}`);
}

/** What `unique` answers where its keys do not fit into memory. */
export function overBudget(budget: number): ErrorState {
  return {
    kind: 'error',
    message: `the distinct keys need more than the ${budget / (1 << 20)} MiB of memory that a unique check may use`,
  };
}

function mergeKeys(a: KeysState, b: KeysState, budget: number): KeysState | ErrorState {
  if (a.types !== b.types) {
    return { kind: 'error', message: `the columns have the types ${a.types} in one file and ${b.types} in another` };
  }
  const set = ByteSet.from(a.keys, budget);
  const { bytes, offsets } = b.keys;
  for (let i = 0; i + 1 < offsets.length; i++) {
    if (set.add(bytes, offsets[i]!, offsets[i + 1]!) < 0) return overBudget(budget);
  }
  const examples = [...a.examples, ...b.examples].slice(0, MAX_EXAMPLES);
  return { kind: 'keys', total: a.total + b.total, types: a.types, keys: set.keys(), examples };
}

function later(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return BigInt(a) >= BigInt(b) ? a : b;
}
