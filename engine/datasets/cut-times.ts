import type { IngestStep } from '../../schemas/index.js';
import { isNested } from '../wide-decimals.js';
import type { DuckDbSession } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

const ZONED = 'TIMESTAMP WITH TIME ZONE';

/**
 * Columns of nanoseconds with a time zone in Parquet: DuckDB has no type for them and cuts them to microseconds. A step
 * that declares the column knows its type and is not told.
 * @param taken columns as they are written
 */
export async function cutTimes(
  session: DuckDbSession,
  { columns: declared }: IngestStep,
  source: LocalSource,
  taken: readonly Pick<SourceColumn, 'name' | 'type'>[],
): Promise<string[]> {
  if (source.format.kind !== 'parquet' || declared !== undefined) return [];
  const zoned = taken.filter(({ type }) => type.includes(ZONED));
  if (zoned.length === 0) return [];
  const { values, types } = sourceReader(source);
  const found = await session.rows(
    `SELECT DISTINCT name FROM parquet_schema($files)
     WHERE logical_type LIKE '%isAdjustedToUTC=1%' AND logical_type LIKE '%NANOS=NanoSeconds%'`,
    values,
    types,
  );
  const cut = new Set(found.map(({ name }) => String(name)));
  // Names of what is nested are those of its parts.
  return zoned.filter(({ name, type }) => cut.has(name) || (cut.size > 0 && isNested(type))).map(({ name }) => name);
}
