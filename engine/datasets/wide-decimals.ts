import type { Problem, IngestStep } from '../../schemas/index.js';
import type { DuckDbSession } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

/**
 * Decimals of more than 38 digits in Parquet, which DuckDB takes for DOUBLE and reads wrong: 1 becomes 281474976710656.
 * @param present columns as DuckDB describes them
 * @returns a problem for each that the step takes
 */
export async function wideDecimals(
  session: DuckDbSession,
  { columns: declared }: IngestStep,
  source: LocalSource,
  present: readonly SourceColumn[],
): Promise<Problem[]> {
  if (source.format.kind !== 'parquet') return [];
  const taken = present.filter(({ name }) => declared?.some((column) => column.name === name) ?? true);
  if (!taken.some(({ type }) => type.includes('DOUBLE'))) return [];
  const { values, types } = sourceReader(source);
  const wide = await session.rows(
    `SELECT DISTINCT name, 'DECIMAL(' || precision || ',' || scale || ')' AS type
     FROM parquet_schema($files) WHERE precision > 38 ORDER BY ALL`,
    values,
    types,
  );
  const isWithin = ({ type }: SourceColumn) => /[([]/.test(type) && type.includes('DOUBLE');
  return wide
    .filter(({ name }) => taken.some((column) => column.name === name || isWithin(column)))
    .map(({ name, type }) => ({
      path: 'source',
      message: `${String(name)} is ${String(type)}; decimals have at most 38 digits`,
    }));
}
