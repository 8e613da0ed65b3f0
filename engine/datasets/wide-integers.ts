import { MillraceError, type Column } from '../../schemas/index.js';
import { identifier, StatementError, type DuckDbSession, type Types, type Values } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { hasNestedDouble, typeOfParts, type AnyText } from './nested-numbers.js';
import { sourceReader, type SourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

/** Integers of up to 38 digits, as they are stored: Parquet has none of 128 bits, and DuckDB would round them to DOUBLE. */
export const WIDE_INTEGER = 'DECIMAL(38,0)';

/** The type with another in the place of DuckDB’s integers of 128 bits, also within it; names that read the same are left alone. */
export function withoutHugeIntegers(type: string, instead: string): string {
  return type.replaceAll(/"(?:[^"]|"")*"|'(?:[^']|'')*'|\bU?HUGEINT\b(?! )/g, (found) =>
    /^["']/.test(found) ? found : instead,
  );
}

/**
 * The columns of a source with types for integers that a text has, also within objects and lists, and BIGINT does not hold, for
 * which DuckDB guesses DOUBLE and would round them: DECIMAL(38,0), or text where one has more than 38 digits. A column with a
 * fraction or an exponent is DOUBLE, and so is one of no stated precision as long as DOUBLE has its integers exactly.
 */
export async function keepWideIntegers(
  session: DuckDbSession,
  source: LocalSource,
  columns: readonly SourceColumn[],
): Promise<Column[]> {
  const asText = sourceReader(
    source,
    columns.map(({ name }) => ({ name, type: 'VARCHAR' })),
  );
  const isText = source.format.kind === 'csv' || source.format.kind === 'json';
  const kept: Column[] = [];
  for (const { name, type, approximate = false } of columns) {
    const doubtful = approximate || (isText && type === 'DOUBLE');
    const found = doubtful
      ? await integerType(anyOf(session, asText, name), approximate)
      : source.format.kind === 'json' && hasNestedDouble(type)
        ? await typeOfParts(session, source, { name, type }, integerType)
        : type;
    kept.push({ name, type: withoutHugeIntegers(found, WIDE_INTEGER), nullable: true });
  }
  return kept;
}

function anyOf(session: DuckDbSession, reader: SourceReader, name: string): AnyText {
  return async (condition) => {
    const query = `SELECT 1 FROM ${reader.call} WHERE ${condition(identifier(name))} LIMIT 1`;
    return (await session.rows(query, reader.values, reader.types)).length > 0;
  };
}

async function integerType(any: AnyText, approximate = false): Promise<string> {
  // Ends at the first one, so that measurements cost no second reading.
  if (await any((text) => `NOT regexp_full_match(${text}, '\\s*[+-]?[0-9]+\\s*')`)) return 'DOUBLE';
  if (approximate && !(await any((text) => `abs(TRY_CAST(${text} AS DOUBLE)) > ${Number.MAX_SAFE_INTEGER}`))) {
    return 'DOUBLE';
  }
  const isLonger = (text: string) => `${text} IS NOT NULL AND TRY_CAST(${text} AS ${WIDE_INTEGER}) IS NULL`;
  return (await any(isLonger)) ? 'VARCHAR' : WIDE_INTEGER;
}

/**
 * A query whose integers of 128 bits, as sums of integers are, become BIGINT, in which they are exact and models and other tools
 * take them.
 * @returns the query, and what explains a failure of it
 */
export async function narrowIntegers(
  session: DuckDbSession,
  query: string,
  values: Values,
  types: Types,
): Promise<{ query: string; explain: (error: unknown) => unknown }> {
  const columns = await session.rows(`DESCRIBE SELECT * FROM (\n${query}\n)`, values, types);
  const wide = columns.flatMap((column) => {
    const [name, type] = [String(column['column_name']), String(column['column_type'])];
    const narrow = withoutHugeIntegers(type, 'BIGINT');
    return narrow === type ? [] : [{ name, narrow }];
  });
  if (wide.length === 0) return { query, explain: (error) => error };
  const casts = wide.map(({ name, narrow }) => `CAST(${identifier(name)} AS ${narrow}) AS ${identifier(name)}`);
  return {
    query: `SELECT * REPLACE (${casts.join(', ')}) FROM (\n${query}\n)`,
    explain(error) {
      const value = error instanceof StatementError && OUT_OF_RANGE.exec(error.message)?.[1];
      if (!value) return error;
      const names = wide.map(({ name }) => name).join(', ');
      return new MillraceError(
        'SQL_INVALID',
        `${value} is beyond BIGINT, as which integers of 128 bits are stored (${names}); cast them in the query, as in ${identifier(wide[0]?.name ?? '')}::${WIDE_INTEGER}, or to VARCHAR for more than 38 digits`,
        { cause: error },
      );
    },
  };
}

const OUT_OF_RANGE = /Type U?INT128 with value (-?\d+) can't be cast .* out of range for the destination type INT64/;
