import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check } from '../../schemas/check.js';
import { definitionOf, whereOf } from './kernels/index.js';
import type { Field } from './column-kind.js';
import type { CheckState } from './states.js';

/** Memory of the database; what does not fit goes to a temporary folder. */
const MEMORY_LIMIT = '384MB';

const COUNTABLE = new Set<Check['type']>(['unique', 'primary_key', 'duplicate_rows']);

/**
 * Counts the keys of a check exactly by DuckDB, on disk, where they did not fit into memory.
 * @param asParquet gives the files, all of them Parquet
 * @returns null where that is not possible: for other checks, and with a row filter
 */
export async function spillKeys(
  check: Check,
  asParquet: () => Promise<string[]>,
  fields: readonly Field[],
  signal: AbortSignal | undefined,
): Promise<CheckState | null> {
  if (!COUNTABLE.has(check.type) || whereOf(check) !== undefined) return null;
  const definition = definitionOf(check);
  const read = definition.reads?.(check, fields) ?? definition.columns(check);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-spill-'));
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY_LIMIT, threads: '2' });
  try {
    const connection = await instance.connect();
    const interrupt = () => connection.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    await connection.run(`SET temp_directory = '${folder.replaceAll("'", "''")}'`);
    const list = (await asParquet()).map((path) => `'${path.replaceAll("'", "''")}'`).join(', ');
    const names = (await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet([${list}])`)).getRows();
    // DuckDB calls the second of two columns that differ in case alone by another name; their order is that of the file.
    const columns = read.map((name) =>
      quotedName(names[fields.findIndex((field) => field.name === name)]![0] as string),
    );
    const isNull = check.type === 'duplicate_rows' ? 'false' : columns.map((name) => `${name} IS NULL`).join(' OR ');
    const groups = `SELECT count(*) AS n, ${isNull} AS is_null FROM read_parquet([${list}]) GROUP BY ${columns.join(', ')}`;
    const result = await connection.runAndReadAll(`
      SELECT coalesce(sum(n) FILTER (NOT is_null), 0)::DOUBLE, coalesce(sum(n) FILTER (is_null), 0)::DOUBLE,
        (count(*) FILTER (NOT is_null))::DOUBLE
      FROM (${groups})`);
    signal?.removeEventListener('abort', interrupt);
    const [total, nulls, distinct] = result.getRows()[0] as [number, number, number];
    return { kind: 'spilled', total, nulls, distinct };
  } catch (error) {
    signal?.throwIfAborted();
    return {
      kind: 'error',
      message: `its keys could not be counted on disk: ${(error as Error).message.split('\n')[0]}`,
    };
  } finally {
    instance.closeSync();
    await rm(folder, { recursive: true, force: true });
  }
}

function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
