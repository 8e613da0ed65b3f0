import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { millrace, peer } from '../engine.js';
import { flightsFile, FLIGHTS_ROWS, writeParquet } from './flights.js';
import type { Task } from './task.js';

/** A file, and what every single check of the suite must say of it. */
export interface ChecksInput {
  file: string;
  suite: string;
  rows: number;
  verdict: 'pass' | 'fail';
}

/** The twelve checks, for the flights. */
const SUITE = join(__dirname, 'suite.json');

const command = ({ file, suite }: ChecksInput) => ['check', file, '--suite', suite];

/** Twelve checks of the flights. */
export const checks: Task<ChecksInput> = {
  name: 'checks',
  title: 'Twelve checks',
  engines: [
    millrace('checks', 'Millrace', command),
    millrace('checks', 'Millrace, 1 thread', command, '--threads', '1'),
    millrace('checks', 'Millrace, full scan', command, '--full-scan'),
    millrace('checks', 'Millrace, full scan, 1 thread', command, '--full-scan', '--threads', '1'),
    peer('checks', 'pyarrow on dictionaries', 'limit', 'pyarrow_dictionaries'),
    peer('checks', 'DuckDB, distinct values first', 'limit', 'duckdb_distinct'),
    peer('checks', 'Polars', 'limit', 'polars_expressions'),
    peer('checks', 'pyarrow', 'limit', 'pyarrow_plain'),
    peer('checks', 'DuckDB, plain SQL', 'limit', 'duckdb_plain'),
    peer('checks', 'Pandera on Polars', 'library', 'pandera_polars'),
    peer('checks', 'dataframely', 'library', 'dataframely_polars'),
    peer('checks', 'Pointblank', 'library', 'pointblank_polars'),
    peer('checks', 'Soda', 'library', 'soda_duckdb', 'requirements-soda.txt'),
    peer('checks', 'Pandera on pandas', 'library', 'pandera_pandas'),
    peer('checks', 'Great Expectations', 'library', 'great_expectations_pandas'),
  ],
  proofs: async (folder, rows) => [await spoiled(folder, rows)],
  async subject(folder, rows) {
    const file = await flightsFile(folder, rows);
    if (rows === FLIGHTS_ROWS) return { file, suite: SUITE, rows, verdict: 'pass' };
    const suite = await readSuite();
    const adapted = suite.checks.map((check) =>
      check.type === 'row_count' ? { ...check, min: rows, max: rows } : check,
    );
    return { file, suite: await writeSuite(folder, adapted), rows, verdict: 'pass' };
  },
};

/** The flights with 200 checks of the same columns, none of which another answers, and with the twelve. */
export async function manyChecksInput(folder: string): Promise<ChecksInput> {
  const suite = await readSuite();
  const many = Array.from({ length: 200 }, (_, i) => {
    const check = suite.checks[i % suite.checks.length]!;
    const round = Math.floor(i / suite.checks.length);
    if (check.type === 'row_count') return { ...check, min: round };
    if (check.type === 'not_null') return { ...check, mostly: 1 - round / 100 };
    if (check.type === 'regex') return { ...check, pattern: `^[A-Z]{3,${3 + round}}$` };
    if (check.type === 'in_set') return { ...check, set: [...(check.set as string[]), String(round)] };
    return { ...check, max: Number(check.max) + round };
  });
  const file = await flightsFile(folder, FLIGHTS_ROWS);
  return { file, suite: await writeSuite(folder, many), rows: FLIGHTS_ROWS, verdict: 'pass' };
}

/** Two rows that fail all checks: too few, one of nulls, one of values that are all wrong. */
async function spoiled(folder: string, rows: number): Promise<ChecksInput> {
  const file = await writeParquet(
    join(folder, 'spoiled.parquet'),
    `SELECT * FROM (VALUES (TIMESTAMP '2001-01-01', 5000::BIGINT, 0::BIGINT, 'xx1', 'lower'), (NULL, NULL, NULL, NULL, NULL))
     AS flights(date, delay, distance, origin, destination)`,
  );
  return { file, suite: SUITE, rows, verdict: 'fail' };
}

interface Suite {
  checks: Record<string, unknown>[];
}

async function readSuite(): Promise<Suite> {
  return JSON.parse(await readFile(SUITE, 'utf8')) as Suite;
}

async function writeSuite(folder: string, suiteChecks: Suite['checks']): Promise<string> {
  const path = join(folder, `suite-of-${suiteChecks.length}.json`);
  await writeFile(path, JSON.stringify({ checks: suiteChecks }));
  return path;
}
