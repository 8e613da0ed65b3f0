import { join } from 'node:path';
import { millrace, peer } from '../engine.js';
import { flightsTable, FLIGHTS_ROWS, writeParquet } from './flights.js';
import type { Task } from './task.js';

/** Two files of which columns are compared. */
export interface DriftInput {
  reference: string;
  current: string;
  columns: string[];
  /** Columns that must have drifted, and no others; null: engines may differ, since one asks for an effect and another for p. */
  drifted: string[] | null;
}

const COLUMNS = ['delay', 'distance', 'origin', 'destination'];

/** Rows of the files of which it is known what has drifted. */
const PROOF_ROWS = 100_000;

const command = ({ reference, current, columns }: DriftInput) => ['drift', reference, current, '--column', ...columns];

/** Drift of four columns of the flights, from the first quarter of the year to the second. */
export const drift: Task<DriftInput> = {
  name: 'drift',
  title: 'Drift of four columns',
  engines: [
    millrace('drift', 'Millrace', command),
    peer('drift', 'DuckDB, SQL by hand', 'limit', 'duckdb_psi'),
    peer('drift', 'scipy on pyarrow', 'limit', 'scipy_tests'),
    peer('drift', 'alibi-detect', 'library', 'alibi_detect_tabular', 'requirements-alibi-detect.txt'),
    peer('drift', 'Evidently', 'library', 'evidently_preset', 'requirements-evidently.txt'),
  ],
  async proofs(folder) {
    const some = `(SELECT * FROM ${flightsTable(FLIGHTS_ROWS)} LIMIT ${PROOF_ROWS})`;
    const reference = await writeParquet(join(folder, 'some.parquet'), `FROM ${some}`);
    const current = await writeParquet(
      join(folder, 'moved.parquet'),
      `SELECT delay + 60 AS delay, distance * 2 AS distance, reverse(origin) AS origin, reverse(destination) AS destination
       FROM ${some}`,
    );
    return [
      { reference, current: reference, columns: COLUMNS, drifted: [] },
      { reference, current, columns: COLUMNS, drifted: COLUMNS },
    ];
  },
  async subject(folder, rows) {
    const quarter = (name: string, when: string) =>
      writeParquet(
        join(folder, `${name}.parquet`),
        `SELECT * FROM ${flightsTable(rows)} WHERE date ${when} '2001-04-01'`,
      );
    const reference = await quarter('january-to-march', '<');
    return { reference, current: await quarter('april-to-june', '>='), columns: COLUMNS, drifted: null };
  },
};
