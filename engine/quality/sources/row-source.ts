import type { ColumnChunk } from '../column-chunk.js';
import type { Field } from '../column-kind.js';
import type { GroupFacts } from '../kernels/kernel.js';

/** Some consecutive rows; columns are decoded when they are asked for. */
export interface SourceBatch {
  readonly rows: number;
  /** The chunk is valid until the next batch. */
  column(name: string): ColumnChunk;
}

/** A run of rows of a file that can be read by itself: a row group of Parquet, a record batch of Arrow. */
export interface RowGroup {
  /** Number of its first row in the file, from 0. */
  readonly firstRow: number;
  /** What the file tells of the rows without them; null where nothing. */
  readonly facts: GroupFacts | null;
  /**
   * The rows, in order.
   * @param columns columns that will be asked for in each batch
   * @param rare columns that may be asked for in some
   */
  batches(columns: readonly string[], rare: readonly string[]): AsyncIterable<SourceBatch> | Iterable<SourceBatch>;
}

/** A file of rows. */
export interface RowSource {
  readonly fields: readonly Field[];
  /** Its groups, or a contiguous share of them. */
  groups(part: Part): AsyncIterable<RowGroup> | Iterable<RowGroup>;
  close(): Promise<void>;
}

/** Which share of the groups: `index` from 0, of `of`. */
export interface Part {
  index: number;
  of: number;
}

/** The whole. */
export const WHOLE: Part = { index: 0, of: 1 };

/** Positions of a part of `count` things. */
export function rangeOf({ index, of }: Part, count: number): [from: number, to: number] {
  return [Math.floor((index * count) / of), Math.floor(((index + 1) * count) / of)];
}
