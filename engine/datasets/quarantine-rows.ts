import {
  FAILED_CHECKS_COLUMN,
  MillraceError,
  type CheckStep,
  type Column,
  type DatasetVersionRef,
} from '../../schemas/index.js';
import type { DatasetDependencies } from './dataset-dependencies.js';
import { datasetFiles, readManifest, storeVersion } from './dataset-version.js';
import { identifier, literal, withDuckDb, type DuckDbSession } from './duckdb-session.js';
import { writeParquet } from './parquet-result.js';

/** What becomes of the failing rows of a version. */
export interface QuarantineInput {
  ref: DatasetVersionRef;
  /** The failing rows: CSV `file,check,row` without a header, numbers from 0; `checks` are the names by number. */
  failing: { path: string; checks: readonly string[] };
  mode: NonNullable<CheckStep['quarantine']>;
  /** Dataset for the failing rows of `split`. */
  dataset: string;
}

/** A version that was written but not committed. */
interface Written {
  ref: DatasetVersionRef;
  columns: Column[];
}

/** What a quarantine wrote. */
export interface Quarantined {
  /** Rows that fail at least one check. */
  rows: number;
  /** The version to go on with; null where it is the one that was given. */
  passing: Written | null;
  /** The failing rows; null unless split. Without failing rows it is a version of no rows. */
  failing: Written | null;
}

/**
 * Sets the failing rows of a version apart. `split`: a version without them, and one of `dataset` that has them alone with the
 * column `_failed_checks`; `tag`: one version of all rows with that column, an empty list where none failed; `drop`: a
 * version without them. Rows stay in their order, and equal input gives equal versions. Memory is bounded: DuckDB sorts on disk.
 * @throws MillraceError SOURCE_SCHEMA_MISMATCH where the version has a column of that name or `file_row_number`,
 * OBJECT_NOT_FOUND, OBJECT_CORRUPT, STORE_UNAVAILABLE
 * @throws the signal’s reason, once aborted
 */
export async function quarantineRows(deps: DatasetDependencies, input: QuarantineInput): Promise<Quarantined> {
  const { store, scratchDir, signal, onProgress, memoryLimit = '2GB', threads = 2 } = deps;
  const { ref, failing, mode, dataset } = input;
  const names = (await readManifest(store, ref)).columns.map(({ name }) => name);
  refuseReserved(ref, names);
  const files = await datasetFiles(store, ref);
  const onPercent = onProgress && ((percent: number) => onProgress(`set apart ${percent} % of ${ref.dataset}`));
  return withDuckDb({ scratchDir, memoryLimit, threads, signal, onPercent }, async (session) => {
    const rows = await loadFailing(session, failing);
    const query = queries(names, files);
    const write = async (name: string, sql: string): Promise<Written> => {
      const written = await writeParquet(session, sql, {}, {});
      signal?.throwIfAborted();
      return {
        ref: await storeVersion(store, { dataset: name, partition: ref.partition }, written),
        columns: written.columns,
      };
    };
    if (mode === 'tag') return { rows, passing: await write(ref.dataset, query.tagged), failing: null };
    return {
      rows,
      passing: rows === 0 ? null : await write(ref.dataset, query.passing),
      failing: mode === 'split' ? await write(dataset, query.failing) : null,
    };
  });
}

function refuseReserved({ dataset, partition }: DatasetVersionRef, names: readonly string[]): void {
  const taken = names.find((name) => [FAILED_CHECKS_COLUMN, 'file_row_number'].includes(name.toLowerCase()));
  if (taken === undefined) return;
  throw new MillraceError(
    'SOURCE_SCHEMA_MISMATCH',
    `${dataset} ${partition} has a column ${taken}, a name that a quarantine needs for itself`,
    { problems: [{ path: `columns.${taken}`, message: 'must have another name' }] },
  );
}

/** Makes the table `failed` of one row for each failing row, its checks in the order of the suite. */
async function loadFailing(session: DuckDbSession, { path, checks }: QuarantineInput['failing']): Promise<number> {
  const names = checks.map((name, i) => `(${i}, ${literal(name)})`).join(', ') || "(-1, '')";
  await session.rows(`
    CREATE TABLE failed AS SELECT file, row, list(name ORDER BY number) AS checks
    FROM read_csv(${literal(path)}, header = false, auto_detect = false, delim = ',',
      columns = {'file': 'INTEGER', 'number': 'INTEGER', 'row': 'BIGINT'})
    JOIN (VALUES ${names}) names(number, name) USING (number) GROUP BY file, row`);
  const [count] = await session.rows('SELECT count(*) AS rows FROM failed');
  return Number(count?.['rows']);
}

/** The three results; each names the columns, so that none of the helpers’ gets into a file. */
function queries(names: readonly string[], files: readonly string[]) {
  const columns = names.map((name) => `v.${identifier(name)}`).join(', ');
  const parts = files.map(
    (path, i) =>
      `SELECT ${i} AS file, file_row_number AS row, struct_pack(${names.map((name) => `${identifier(name)} := ${identifier(name)}`).join(', ')}) AS v FROM read_parquet(${literal(path)}, file_row_number = true, hive_partitioning = false)`,
  );
  const version = `(${parts.join(' UNION ALL ')}) AS rows_of_version`;
  const label = identifier(FAILED_CHECKS_COLUMN);
  const order = 'ORDER BY file, row';
  return {
    passing: `SELECT ${columns} FROM ${version} ANTI JOIN failed USING (file, row) ${order}`,
    failing: `SELECT ${columns}, failed.checks AS ${label} FROM ${version} JOIN failed USING (file, row) ${order}`,
    tagged: `SELECT ${columns}, coalesce(failed.checks, []::VARCHAR[]) AS ${label} FROM ${version} LEFT JOIN failed USING (file, row) ${order}`,
  };
}
