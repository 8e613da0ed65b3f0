import type { IngestStep } from '../../schemas/index.js';
import { isNested } from '../wide-decimals.js';
import { identifier, type DuckDbSession } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

const ZONED = 'TIMESTAMP WITH TIME ZONE';

/** Types that a reader of CSV guesses for texts with nanoseconds too, and then leaves out what is finer than microseconds. */
const CUT_TEXT = new Set([ZONED, 'TIMESTAMP', 'TIME']);

/**
 * Columns that lost what is finer than microseconds: of nanoseconds with a time zone in Parquet, for which DuckDB has no
 * type, and of CSV where the type was guessed. A step that declares the column knows its type and is not told.
 * @param taken columns as they are written
 */
export async function cutTimes(
  session: DuckDbSession,
  { columns: declared }: IngestStep,
  source: LocalSource,
  taken: readonly Pick<SourceColumn, 'name' | 'type'>[],
): Promise<string[]> {
  if (declared !== undefined) return [];
  if (source.format.kind === 'csv') return cutTexts(session, source, taken);
  if (source.format.kind !== 'parquet') return [];
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

async function cutTexts(
  session: DuckDbSession,
  source: LocalSource,
  taken: readonly Pick<SourceColumn, 'name' | 'type'>[],
): Promise<string[]> {
  const times = taken.filter(({ type }) => CUT_TEXT.has(type));
  if (times.length === 0) return [];
  const asText = times.map(({ name }) => ({ name, type: 'VARCHAR' }));
  const { call, values, types } = sourceReader(source, asText);
  const finer = times.map(
    ({ name }, index) => `bool_or(regexp_matches(${identifier(name)}, ':\\d\\d\\.\\d{6}\\d*[1-9]')) AS c${index}`,
  );
  const [found] = await session.rows(`SELECT ${finer.join(', ')} FROM ${call}`, values, types);
  return times.filter((_, index) => found?.[`c${index}`] === true).map(({ name }) => name);
}
