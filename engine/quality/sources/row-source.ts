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
  groups(share: Share): AsyncIterable<RowGroup> | Iterable<RowGroup>;
  close(): Promise<void>;
}

/** Which share of a file’s groups: those whose place in it, from 0 to 1, lies between. */
export interface Share {
  from: number;
  to: number;
}

/** Positions of a share of `count` things. */
export function rangeOf({ from, to }: Share, count: number): [from: number, to: number] {
  return [Math.floor(from * count), Math.floor(to * count)];
}
