import type { Column } from '../../schemas/index.js';

/** A format that DuckDB reads. */
export type FileFormat =
  | { kind: 'parquet' }
  | { kind: 'json' }
  | {
      kind: 'csv';
      delimiter: string;
      nullText: string;
    }
  /** What COPY of PostgreSQL writes as CSV: no header, each value in quotes, and null as {@link COPY_NULL} without any. */
  | { kind: 'copy' };

export const COPY_NULL = '\\N';

/** A column as a file has it. */
export interface SourceColumn extends Pick<Column, 'name' | 'type'> {
  /** Its texts name a time zone. */
  zoned?: boolean;
  /** A number of no stated precision: the type is near enough, and a step may declare an exact one. */
  approximate?: boolean;
  /** The step declares it to have integers: a text with a fraction is none, and is not rounded to one. */
  whole?: boolean;
}
