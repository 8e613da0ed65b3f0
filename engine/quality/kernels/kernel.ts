import type { Check } from '../../../schemas/check.js';
import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import type { CheckState, Example, Json } from '../states.js';

/** Some consecutive rows of one file, with the columns that the plan reads. */
export interface Batch {
  readonly rows: number;
  /** The column’s values; read once a batch, however many kernels ask. */
  column(name: string): ColumnChunk;
  /** Describes row `row` of the batch with its values in `columns`. */
  example(row: number, columns: readonly string[]): Example;
}

/** One check at work. */
export interface Kernel {
  /** Takes in a batch; batches come in the order of the file. */
  update(batch: Batch): void;
  /** What was seen so far. */
  state(): CheckState;
}

/** Outcome of a check before severity. */
export interface Finding {
  passed: boolean;
  observed: Json;
  failing: number;
  total: number;
  examples: Example[];
}

/** Everything there is to know about one type of check. */
export interface CheckDefinition<C extends Check> {
  /** Whether plain texts are numbered first, so that each distinct text is judged once. */
  readonly indexTexts?: boolean;
  /** Columns that are read. */
  columns(check: C): readonly string[];
  /** What is wrong with the check itself, whatever the data; paths are relative to it. */
  problems?(check: C): { path: string; message: string }[];
  /**
   * A kernel for columns of these types, in the order of `columns`.
   * @throws Misfit where the check makes no sense for a type
   */
  start(check: C, kinds: readonly ColumnKind[]): Kernel;
  /** The rule in words. */
  threshold(check: C): string;
  /**
   * The outcome.
   * @param reference the instant at which age is measured
   */
  judge(state: Exclude<CheckState, { kind: 'error' }>, check: C, reference: Date): Finding;
}

/** The check of one type. */
export type CheckOf<T extends Check['type']> = Extract<Check, { type: T }>;
