import { DuckDBInstance, type DuckDBConnection, type Json as DuckJson } from '@duckdb/node-api';
import { refuseEffects } from '../refuse-effects.js';
import { shortened } from './cell.js';
import type { Json } from './json.js';
import { MAX_EXAMPLES, type CheckState } from './states.js';

/** What the database may use. */
const LIMITS = { memory_limit: '1GB', threads: '2' };

/**
 * Runs queries over Parquet files as the view `dataset`. The database reaches these files and nothing else: no other file, no
 * network, no extension; its settings are locked.
 * @param isPrivate whether there are personal data, which a query could show under any name: then rows and DuckDB’s words are left out
 * @returns a state for each query: `error` where DuckDB refuses it
 */
export async function runQueries(
  files: readonly string[],
  queries: readonly string[],
  isPrivate: boolean,
  signal?: AbortSignal,
): Promise<CheckState[]> {
  const instance = await DuckDBInstance.create(':memory:', LIMITS);
  try {
    const connection = await instance.connect();
    const list = files.map((path) => `'${path.replaceAll("'", "''")}'`).join(', ');
    await connection.run(`SET TimeZone = 'UTC'`);
    await connection.run(`SET allowed_paths = [${list}]`);
    await connection.run(`SET enable_external_access = false`);
    await connection.run(`SET lock_configuration = true`);
    await connection.run(`CREATE VIEW dataset AS SELECT * FROM read_parquet([${list}])`);
    const states: CheckState[] = [];
    for (const query of queries) states.push(await runQuery(connection, query, isPrivate, signal));
    return states;
  } finally {
    instance.closeSync();
  }
}

async function runQuery(
  connection: DuckDBConnection,
  query: string,
  isPrivate: boolean,
  signal?: AbortSignal,
): Promise<CheckState> {
  const interrupt = () => connection.interrupt();
  signal?.throwIfAborted();
  signal?.addEventListener('abort', interrupt, { once: true });
  try {
    const extracted = await connection.extractStatements(query);
    if (extracted.count !== 1) return { kind: 'error', message: 'it must be one statement' };
    await refuseEffects(
      async (statement, values) => (await connection.runAndReadAll(statement, values)).getRowsJS()[0]?.[0],
      query,
    );
    const result = await connection.stream(query);
    const names = result.columnNames();
    let rows = 0;
    let first: Json | undefined;
    const examples: { row: number; value: Json }[] = [];
    const most = isPrivate ? 0 : MAX_EXAMPLES;
    for await (const page of result.yieldRowsJson()) {
      if (rows === 0 && page.length > 0 && names.length === 1) first = cell(page[0]![0] ?? null);
      for (const row of page.slice(0, Math.max(0, most - examples.length))) {
        const value = Object.fromEntries(names.map((name, i) => [name, cell(row[i] ?? null)]));
        examples.push({ row: examples.length, value });
      }
      rows += page.length;
    }
    const number = typeof first === 'string' && first.trim() !== '' ? Number(first) : first;
    const value = rows !== 1 || first === undefined ? 'none' : (number ?? null);
    return { kind: 'sql', rows, value, examples };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = isPrivate ? 'DuckDB refused the query' : (error as Error).message.split('\n')[0]!;
    return { kind: 'error', message: reason };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

function cell(value: DuckJson): Json {
  return typeof value === 'string' ? shortened(value) : value;
}
