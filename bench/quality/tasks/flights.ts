import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { packageRoot } from '../../../engine/threads.js';

/** The flights as they were published: in Parquet, with Zstandard, texts in dictionaries. */
const FLIGHTS = join(packageRoot(__filename), 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet');
export const FLIGHTS_ROWS = 3_000_000;

/** DuckDB’s table of so many flights: those published, several times over if there are to be more. */
export function flightsTable(rows: number): string {
  const times = rows / FLIGHTS_ROWS;
  if (!Number.isInteger(times)) throw new RangeError(`rows must be a multiple of ${FLIGHTS_ROWS}`);
  return `read_parquet([${Array.from({ length: times }, () => `'${FLIGHTS}'`).join(', ')}])`;
}

/** A file of so many flights: the one published, or one of its row groups several times over. */
export async function flightsFile(folder: string, rows: number): Promise<string> {
  if (rows === FLIGHTS_ROWS) return FLIGHTS;
  return writeParquet(join(folder, `flights-${rows}.parquet`), `SELECT * FROM ${flightsTable(rows)}`);
}

/** Writes the rows of a query into a file, and returns its path. */
export async function writeParquet(file: string, query: string): Promise<string> {
  await select(`COPY (${query}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`);
  return file;
}

/** The rows of a query. */
export async function select(query: string): Promise<Record<string, unknown>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    return (await connection.runAndReadAll(query)).getRowObjectsJS();
  } finally {
    instance.closeSync();
  }
}
