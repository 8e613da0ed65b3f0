import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { packageRoot } from '../../engine/threads.js';
import type { Task } from './engines.js';

/** The flights as they were published: in Parquet, with Snappy, texts in dictionaries. */
const FLIGHTS = join(packageRoot(__filename), 'node_modules', 'vega-datasets', 'data', 'flights-3m.parquet');
const FLIGHTS_ROWS = 3_000_000;

/** The twelve checks, for the flights. */
const SUITE = join(__dirname, 'suite.json');

/**
 * The flights, all checks of which pass; of more than 3 million rows, the flights several times over, in one file of row groups
 * of the same size.
 */
export async function flightsTask(folder: string, rows: number): Promise<Task> {
  const task: Task = { file: FLIGHTS, suite: SUITE, rows, verdict: 'pass' };
  if (rows === FLIGHTS_ROWS) return task;
  const times = rows / FLIGHTS_ROWS;
  if (!Number.isInteger(times)) throw new RangeError(`rows must be a multiple of ${FLIGHTS_ROWS}`);
  const suite = JSON.parse(await readFile(SUITE, 'utf8')) as { checks: { type: string }[] };
  const checks = suite.checks.map((check) => (check.type === 'row_count' ? { ...check, min: rows, max: rows } : check));
  task.suite = join(folder, 'suite.json');
  await writeFile(task.suite, JSON.stringify({ ...suite, checks }));
  task.file = join(folder, 'flights.parquet');
  const files = `[${Array.from({ length: times }, () => `'${FLIGHTS}'`).join(', ')}]`;
  await copy(`SELECT * FROM read_parquet(${files})`, task.file);
  return task;
}

/** The flights with 200 checks of the same columns, none of which another answers, and with the twelve. */
export async function manyChecksTask(folder: string): Promise<Task> {
  const { checks } = JSON.parse(await readFile(SUITE, 'utf8')) as { checks: Record<string, unknown>[] };
  const many = Array.from({ length: 200 }, (_, i) => {
    const check = checks[i % checks.length]!;
    const round = Math.floor(i / checks.length);
    if (check.type === 'row_count') return { ...check, min: round };
    if (check.type === 'not_null') return { ...check, mostly: 1 - round / 100 };
    if (check.type === 'regex') return { ...check, pattern: `^[A-Z]{3,${3 + round}}$` };
    if (check.type === 'in_set') return { ...check, set: [...(check.set as string[]), String(round)] };
    return { ...check, max: Number(check.max) + round };
  });
  const suite = join(folder, 'many.json');
  await writeFile(suite, JSON.stringify({ checks: many }));
  return { file: FLIGHTS, suite, rows: FLIGHTS_ROWS, verdict: 'pass' };
}

/** Two rows that fail all checks: too few, one of nulls, one of values that are all wrong. */
export async function spoiledTask(folder: string, rows: number): Promise<Task> {
  const file = join(folder, 'spoiled.parquet');
  await copy(
    `SELECT * FROM (VALUES (TIMESTAMP '2001-01-01', 5000::BIGINT, 0::BIGINT, 'xx1', 'lower'), (NULL, NULL, NULL, NULL, NULL))
     AS flights(date, delay, distance, origin, destination)`,
    file,
  );
  return { file, suite: SUITE, rows, verdict: 'fail' };
}

async function copy(query: string, file: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${file}' (FORMAT parquet, COMPRESSION snappy)`);
  instance.closeSync();
}
