import {
  DuckDBInstance,
  DuckDBTypeId,
  StatementType,
  type DuckDBConnection,
  type Json as DuckJson,
} from '@duckdb/node-api';
import { refuseForbidden } from '../forbidden-sql.js';
import { notOneStatement } from '../one-statement.js';
import { isNested, mayHoldWideDecimal, wideDecimalsIn } from '../wide-decimals.js';
import { shortened } from './cell.js';
import type { Json } from './json.js';
import { MAX_EXAMPLES, type CheckState } from './states.js';

/** What the database may use. */
const LIMITS = { memory_limit: '1GB', threads: '2' };

/**
 * Runs queries over Parquet files as the view `dataset`. The database reaches these files and nothing else: no other file, no
 * network, no extension; its settings are locked.
 * @param asParquet gives the files
 * @param isPrivate whether there are personal data, which a query could show under any name: then rows and DuckDB’s words are left out
 * @returns a state for each query: `error` where DuckDB refuses it
 */
export async function runQueries(
  asParquet: () => Promise<string[]>,
  queries: readonly string[],
  isPrivate: boolean,
  signal?: AbortSignal,
): Promise<CheckState[]> {
  const instance = await DuckDBInstance.create(':memory:', LIMITS);
  try {
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    const view = await makeView(connection, asParquet);
    if ('problem' in view) {
      signal?.throwIfAborted();
      const message = isPrivate ? 'DuckDB cannot read the files' : view.problem;
      return queries.map(() => ({ kind: 'error', message }));
    }
    const { list } = view;
    await connection.run(`SET allowed_paths = [${list}]`);
    await connection.run(`SET enable_external_access = false`);
    await connection.run(`SET lock_configuration = true`);
    const states: CheckState[] = [];
    for (const query of queries) states.push(await runQuery(connection, query, isPrivate, signal));
    return states;
  } finally {
    instance.closeSync();
  }
}

/** Makes the view `dataset`; what keeps it from being made, as files that DuckDB cannot read together. */
async function makeView(
  connection: DuckDBConnection,
  asParquet: () => Promise<string[]>,
): Promise<{ list: string } | { problem: string }> {
  try {
    const list = (await asParquet()).map((path) => `'${path.replaceAll("'", "''")}'`).join(', ');
    const replaced = await replacements(connection, list);
    await connection.run(`CREATE VIEW dataset AS SELECT * ${replaced} FROM read_parquet([${list}])`);
    return { list };
  } catch (error) {
    return { problem: (error as Error).message.split('\n')[0]! };
  }
}

/**
 * What the view has in the place of columns that DuckDB would answer wrong. Columns of floating point are hidden from its optimizer: it
 * skips row groups, and answers `max`, by statistics that do not speak of NaN, so `WHERE x > 100` would lose rows that it gives for the
 * same data in memory. Twice the negative is the same value of the same type; of lists and structs with such values, what a lambda gives
 * back of them.
 */
async function replacements(connection: DuckDBConnection, list: string): Promise<string> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet([${list}])`);
  const read = await connection.runAndReadAll(wideDecimalsIn(`[${list}]`));
  const wide = read.getRows().map(([name]) => String(name));
  const replaced = described.getRows().flatMap(([given, type]) => {
    const [name, kind] = [String(given), String(type)];
    const column = `"${name.replaceAll('"', '""')}"`;
    if (!/\b(DOUBLE|FLOAT)\b/.test(kind)) return [];
    if (wide.some((field) => mayHoldWideDecimal({ name, type: kind }, field))) {
      return [`${refusedIfRead(column, name)} AS ${column}`];
    }
    return [`${isNested(kind) ? `list_transform([${column}], lambda x: x)[1]` : `-(-${column})`} AS ${column}`];
  });
  return replaced.length === 0 ? '' : `REPLACE (${replaced.join(', ')})`;
}

/** Queries that leave the column alone are answered. */
function refusedIfRead(column: string, name: string): string {
  const message = `${name} has decimals of more than 38 digits, which DuckDB does not read`;
  return `CASE WHEN ${column} IS NOT NULL THEN error('${message.replaceAll("'", "''")}')::DOUBLE END`;
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
    const problem = await notOneStatement(extracted);
    if (problem !== undefined) return { kind: 'error', message: `it ${problem}` };
    await refuseForbidden(
      async (statement, values) => (await connection.runAndReadAll(statement, values)).getRowsJS()[0]?.[0],
      query,
    );
    const prepared = await extracted.prepare(0);
    const { statementType } = prepared;
    prepared.destroySync();
    if (statementType !== StatementType.SELECT) {
      return { kind: 'error', message: `it must be a SELECT and is ${StatementType[statementType]}` };
    }
    const result = await connection.stream(query);
    const names = result.columnNames();
    const isNumber = names.length === 1 && NUMBERS.has(result.columnTypeId(0));
    let rows = 0;
    let first: DuckJson | undefined;
    const examples: { row: number; value: Json }[] = [];
    const most = isPrivate ? 0 : MAX_EXAMPLES;
    for await (const page of result.yieldRowsJson()) {
      if (rows === 0 && page.length > 0 && isNumber) first = page[0]![0] ?? null;
      for (const row of page.slice(0, Math.max(0, most - examples.length))) {
        const value = Object.fromEntries(names.map((name, i) => [name, cell(row[i] ?? null)]));
        examples.push({ row: examples.length, value });
      }
      rows += page.length;
    }
    return { kind: 'sql', rows, value: rows !== 1 || first === undefined ? 'none' : exactOrDouble(first), examples };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = (error as Error).message.split('\n')[0]!;
    const hint = /Table with name .* does not exist/.test(reason) ? ' (the data are the view "dataset")' : '';
    return { kind: 'error', message: `${isPrivate ? 'DuckDB refused the query' : reason}${hint}` };
  } finally {
    signal?.removeEventListener('abort', interrupt);
  }
}

/** Types of a query's single number; NULL may be of any. */
const NUMBERS = new Set<DuckDBTypeId>([
  ...[DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT, DuckDBTypeId.HUGEINT],
  ...[
    DuckDBTypeId.UTINYINT,
    DuckDBTypeId.USMALLINT,
    DuckDBTypeId.UINTEGER,
    DuckDBTypeId.UBIGINT,
    DuckDBTypeId.UHUGEINT,
  ],
  ...[DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL, DuckDBTypeId.SQLNULL],
]);

/** A number, but an integer beyond 2^53 as its digits. */
function exactOrDouble(value: DuckJson): number | string | null {
  if (typeof value !== 'string') return value as number | null;
  const number = Number(value);
  return Number.isSafeInteger(number) || !/^-?\d+$/.test(value) ? number : value;
}

function cell(value: DuckJson): Json {
  return typeof value === 'string' ? shortened(value) : value;
}
