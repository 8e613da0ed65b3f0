import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Shares of the rows that get each defect. */
const DEFECTS = { nullDelay: 0.03, lowerCaseOrigin: 0.02, hundredfoldDistance: 0.01 } as const;

/** Which rows are hit depends on this alone. */
const SEED = 20_010_331;

/**
 * Writes a copy of one day of the flights with defects that real deliveries have: half of the rows missing, nulls,
 * codes in lower case, a distance in other units. The same seed makes the same file.
 * @returns the path of the Parquet file
 */
export async function writeDefectiveSource(source: string, day: string, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `flights-${day}-defective.parquet`);
  const instance = await DuckDBInstance.create(':memory:');
  try {
    const connection = await instance.connect();
    // COPY takes no parameters, so the rows are chosen into a table first.
    await connection.run(
      `CREATE TABLE defective AS
       SELECT
         date,
         CASE WHEN dice(1) < $nullDelay THEN NULL ELSE delay END AS delay,
         CASE WHEN dice(2) < $hundredfold THEN distance * 100 ELSE distance END AS distance,
         CASE WHEN dice(3) < $lowerCase THEN lower(origin) ELSE origin END AS origin,
         destination
       FROM (SELECT *, row_number() OVER () AS row FROM read_parquet($source) WHERE date_trunc('day', date) = $day::DATE)
       WHERE dice(0) < 0.5`.replace(
        /dice\((\d)\)/g,
        (_, column) => `(hash(row, ${column}, ${SEED}) % 1000000) / 1000000.0`,
      ),
      {
        nullDelay: DEFECTS.nullDelay,
        hundredfold: DEFECTS.hundredfoldDistance,
        lowerCase: DEFECTS.lowerCaseOrigin,
        source,
        day,
      },
    );
    const half = `${path}.partial`;
    await connection.run(`COPY defective TO '${half.replaceAll("'", "''")}' (FORMAT parquet, COMPRESSION zstd)`);
    await rename(half, path);
    return path;
  } finally {
    instance.closeSync();
  }
}
