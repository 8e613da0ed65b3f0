import {
  MillraceError,
  type Column,
  type ColumnLineage,
  type DatasetVersionRef,
  type PartitionWindow,
  type TransformStep,
} from '../../schemas/index.js';
import { columnLineageOf } from './column-lineage/index.js';
import type { DatasetDependencies } from './dataset-dependencies.js';
import { storeVersion } from './dataset-version.js';
import { StatementError, withDuckDb } from './duckdb-session.js';
import { defineInputs } from './input-views.js';
import { writeParquet } from './parquet-result.js';
import { selectStatement } from './select-statement.js';
import { transformParameters } from './transform-parameters.js';
import { narrowIntegers } from './wide-integers.js';

export interface TransformInput {
  /** One SELECT in DuckDB’s SQL. */
  sql: string;
  /** Values of parameters besides $partition_key, $partition_start and $partition_end. */
  params: TransformStep['params'];
  /** What the query sees: by the name of a view, one version or several, read in the order of the list. */
  inputs: Record<string, DatasetVersionRef[]>;
  /** The partition that the result is for. */
  window: PartitionWindow;
  /** Dataset that is written. */
  dataset: string;
}

/**
 * Makes a dataset version from others with one query. The query sees its inputs and nothing else: no file, no network,
 * no extension, no setting. Rows come out in the query’s order, ties and everything else by all columns. An empty
 * result is a version too. Sums of integers, which have 128 bits in DuckDB, are stored as BIGINT. What chance is left is the query’s own: random(), the clock, and the last digits of sums of
 * DOUBLE, which threads add up in any order; fsum() or one thread settle those.
 * @throws MillraceError SQL_INVALID with DuckDB’s message, SQL_OUT_OF_MEMORY, WINDOW_INCOMPLETE for an input without versions,
 * SOURCE_SCHEMA_MISMATCH for an input whose versions differ in their columns, OBJECT_NOT_FOUND, OBJECT_CORRUPT,
 * STORE_UNAVAILABLE
 * @throws the signal’s reason, once aborted
 */
export async function transformDataset(
  deps: DatasetDependencies,
  { sql, params, inputs, window, dataset }: TransformInput,
): Promise<{ ref: DatasetVersionRef; columns: Column[]; columnLineage: ColumnLineage }> {
  const { store, scratchDir, signal, onProgress, memoryLimit = '2GB', threads = 2 } = deps;
  const onPercent = onProgress && ((percent: number) => onProgress(`computed ${percent} % of ${dataset}`));
  return withDuckDb({ scratchDir, memoryLimit, threads, signal, onPercent }, async (session) => {
    const written = await sqlErrors(async () => {
      await defineInputs(session, store, inputs);
      const { query, parameters } = await selectStatement(session, sql);
      const { values, types } = transformParameters(parameters, window, params);
      const stored = await narrowIntegers(session, query, values, types);
      const result = await writeParquet(session, stored.query, values, types).catch((error: unknown) => {
        throw stored.explain(error);
      });
      const names = result.columns.map(({ name }) => name);
      return { ...result, columnLineage: await columnLineageOf(session, sql, inputs, names) };
    });
    onProgress?.(`storing ${written.rows} rows`);
    signal?.throwIfAborted();
    const ref = await storeVersion(store, { dataset, partition: window.key }, written);
    return { ref, columns: written.columns, columnLineage: written.columnLineage };
  });
}

async function sqlErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    throw new MillraceError('SQL_INVALID', error.message, { cause: error });
  }
}
