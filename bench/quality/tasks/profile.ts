import { join } from 'node:path';
import { millrace, peer } from '../engine.js';
import { flightsFile, flightsTable, FLIGHTS_ROWS, select, writeParquet } from './flights.js';
import type { Task } from './task.js';

/** A file, and what its profile must say. */
export interface ProfileInput {
  file: string;
  rows: number;
  /** Of the column `delay`. */
  delay: DelayFacts;
}

interface DelayFacts {
  nulls: number;
  min: number;
  max: number;
  mean: number;
}

/** A profile of all columns of the flights. */
export const profile: Task<ProfileInput> = {
  name: 'profile',
  title: 'Profile',
  engines: [
    millrace('profile', 'Millrace', ({ file }) => ['profile', file]),
    peer('profile', 'DuckDB SUMMARIZE', 'limit', 'duckdb_summarize'),
    peer(
      'profile',
      'fg-data-profiling, minimal',
      'library',
      'data_profiling_minimal',
      'requirements-data-profiling.txt',
    ),
    peer('profile', 'whylogs', 'library', 'whylogs_log', 'requirements-whylogs.txt'),
  ],
  async proofs(folder) {
    const some = (rows: number) => `(SELECT * FROM ${flightsTable(FLIGHTS_ROWS)} LIMIT ${rows})`;
    const plain = await writeParquet(join(folder, 'plain.parquet'), `FROM ${some(20_000)}`);
    // A quarter, since some tell nulls in percent.
    const holed = await writeParquet(
      join(folder, 'holed.parquet'),
      `SELECT * REPLACE (CASE WHEN row_number() OVER () % 4 > 0 THEN delay * 3 END AS delay) FROM ${some(40_000)}`,
    );
    return [await withFacts(plain), await withFacts(holed)];
  },
  subject: async (folder, rows) => withFacts(await flightsFile(folder, rows)),
};

async function withFacts(file: string): Promise<ProfileInput> {
  const [facts] = await select(
    `SELECT count(*)::INTEGER AS rows, (count(*) - count(delay))::INTEGER AS nulls, min(delay)::INTEGER AS min,
            max(delay)::INTEGER AS max, avg(delay) AS mean
     FROM read_parquet('${file}')`,
  );
  const { rows, ...delay } = facts as unknown as DelayFacts & { rows: number };
  return { file, rows, delay };
}
