import type { Problem, IngestStep } from '../../schemas/index.js';
import { mayHoldWideDecimal, wideDecimalsIn } from '../wide-decimals.js';
import type { DuckDbSession } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

/**
 * Decimals of more than 38 digits in Parquet, which DuckDB reads wrong.
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
  const wide = await session.rows(wideDecimalsIn('$files'), values, types);
  return wide
    .map(({ name, type }) => ({ name: String(name), type: String(type) }))
    .filter(({ name }) => taken.some((column) => mayHoldWideDecimal(column, name)))
    .map(({ name, type }) => ({
      path: 'source',
      message: `${name} is ${type}; decimals have at most 38 digits`,
    }));
}
