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
  /** A line for each row, in order: the numbers of the checks that it fails joined by `|`, or `-`; `checks` are the names by number. */
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
 * version without them. Rows stay in their order, and equal input gives equal versions. Memory is bounded: rows and lines are read side
 * by side, by one thread.
 * @throws MillraceError SOURCE_SCHEMA_MISMATCH where the version has a column of that name, OBJECT_NOT_FOUND, OBJECT_CORRUPT, STORE_UNAVAILABLE
 * @throws the signal’s reason, once aborted
 */
export async function quarantineRows(deps: DatasetDependencies, input: QuarantineInput): Promise<Quarantined> {
  const { store, scratchDir, signal, onProgress, memoryLimit = '2GB' } = deps;
  const { ref, failing, mode, dataset } = input;
  const names = (await readManifest(store, ref)).columns.map(({ name }) => name);
  refuseReserved(ref, names);
  const files = await datasetFiles(store, ref);
  const onPercent = onProgress && ((percent: number) => onProgress(`set apart ${percent} % of ${ref.dataset}`));
  return withDuckDb({ scratchDir, memoryLimit, threads: 1, signal, onPercent }, async (session) => {
    const rows = await failingRows(session, failing);
    const query = queries(names, files, failing);
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
  const taken = names.find((name) => name.toLowerCase() === FAILED_CHECKS_COLUMN);
  if (taken === undefined) return;
  throw new MillraceError(
    'SOURCE_SCHEMA_MISMATCH',
    `${dataset} ${partition} has a column ${taken}, a name that a quarantine needs for itself`,
    { problems: [{ path: `columns.${taken}`, message: 'must have another name' }] },
  );
}

type Failing = QuarantineInput['failing'];

async function failingRows(session: DuckDbSession, failing: Failing): Promise<number> {
  const [count] = await session.rows(`SELECT count(*) FILTER (numbers <> '-') AS rows FROM ${linesOf(failing)}`);
  return Number(count?.['rows']);
}

/** The lines as a table of one column of text. */
function linesOf({ path }: Failing): string {
  return `read_csv(${literal(path)}, header = false, auto_detect = false, delim = ',', columns = {'numbers': 'VARCHAR'})`;
}

/** The three results; each names the columns, so that none of the helpers’ gets into a file. */
function queries(names: readonly string[], files: readonly string[], failing: Failing) {
  const columns = names.map((name) => `v.${identifier(name)}`).join(', ');
  const paths = files.map((path) => literal(path)).join(', ');
  const rows = `(FROM read_parquet([${paths}], hive_partitioning = false)) AS v POSITIONAL JOIN (FROM ${linesOf(failing)}) AS failed`;
  const checks = `[${failing.checks.map((name) => literal(name)).join(', ')}]::VARCHAR[]`;
  const failed = `list_transform(string_split(failed.numbers, '|'), lambda number: list_extract(${checks}, number::INTEGER + 1))`;
  const label = identifier(FAILED_CHECKS_COLUMN);
  const isGood = "failed.numbers = '-'";
  return {
    passing: `SELECT ${columns} FROM ${rows} WHERE ${isGood}`,
    failing: `SELECT ${columns}, ${failed} AS ${label} FROM ${rows} WHERE NOT (${isGood})`,
    tagged: `SELECT ${columns}, CASE WHEN ${isGood} THEN []::VARCHAR[] ELSE ${failed} END AS ${label} FROM ${rows}`,
  };
}
