import type { DatasetDependencies } from '../dataset-dependencies.js';
import type { DuckDbSession } from '../duckdb-session.js';
import type { FileFormat, SourceColumn } from '../file-format.js';
import type { PartitionWindow, SourceDataset } from '../../../schemas/index.js';

/** A source as it is when DuckDB reads it: files of this machine. */
export interface LocalSource {
  /** As people know the source. */
  name: string;
  format: FileFormat;
  /** Paths, in order, with what a glob would misread escaped. */
  files: string[];
  /** The datasets that were read, by their names in OpenLineage. */
  datasets: SourceDataset[];
  /** The files have their columns in different orders or types, and are read by name. */
  byName?: boolean;
  /** Columns of the files where the source states them and the format does not. */
  columns?: SourceColumn[];
  /** Whether the order of rows is the source’s own. Otherwise they are sorted: a table has none. */
  ordered: boolean;
}

/** What fetching a source works with. */
export interface FetchContext extends Pick<
  DatasetDependencies,
  'projectDir' | 'access' | 'keptDir' | 'signal' | 'onProgress'
> {
  session: DuckDbSession;
  /** Folder of this attempt for what is fetched. */
  folder: string;
  window: PartitionWindow;
  /** Column by whose window rows are taken; the source may leave out the others. */
  timeColumn: string | undefined;
  /** Columns that are needed, where the step declares them. */
  needed: string[] | undefined;
}

/** A path with the signs of globs taken as they are. */
export const escapeGlob = (path: string) => path.replaceAll(/[*?[]/g, '[$&]');

/** The path that `escapeGlob` was given. */
export const unescapeGlob = (path: string) => path.replaceAll(/\[([*?[])\]/g, '$1');

/** Bytes as people read them. */
export function readableBytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
