import { identifier } from './duckdb-session.js';
import type { FileFormat, SourceColumn } from './file-format.js';

/** How a column of a text format is read: the type that DuckDB’s reader is given, and the value as an expression of it. */
export interface TextReading {
  type: string;
  value: string;
}

const TIMESTAMP = /^TIMESTAMP(_S|_MS|_NS)?$/;
const WITH_ZONE = /^TIME(STAMP)? WITH TIME ZONE$/;
/** Within another type, as in `STRUCT(at TIMESTAMP)`; a field’s name that reads the same is in quotes. */
const INNER_TIMESTAMP = /(?<![\w"])TIMESTAMP(?![\w"]| WITH)/g;

/**
 * Reads values as their texts say, where DuckDB’s readers would not: read_csv takes a text that is no TIMESTAMP WITH TIME ZONE
 * for null; a fraction is rounded where an integer is declared; a TIMESTAMP loses the offset of its text and with it the instant; a year before Christ, as PostgreSQL writes it, loses its era.
 */
export function readingOf(format: FileFormat, column: SourceColumn): TextReading {
  const name = identifier(column.name);
  if (format.kind === 'json' && column.whole !== true) {
    const type = column.type.replaceAll(INNER_TIMESTAMP, 'TIMESTAMP WITH TIME ZONE');
    return type === column.type ? { type, value: name } : { type, value: `CAST(${name} AS ${column.type})` };
  }
  const value = valueOfText(format, column);
  return value === undefined ? { type: column.type, value: name } : { type: 'VARCHAR', value };
}

/** The value of a column that was read as text, or null where the text is none of its type. */
export function triedValueOf(format: FileFormat, column: SourceColumn): string {
  return valueOfText(format, column, 'TRY_CAST') ?? `TRY_CAST(${identifier(column.name)} AS ${column.type})`;
}

/** Undefined where the reader itself reads it as it should. */
function valueOfText(
  { kind }: FileFormat,
  { name, type, zoned = false, whole = false }: SourceColumn,
  cast: 'CAST' | 'TRY_CAST' = 'CAST',
): string | undefined {
  const text = identifier(name);
  if (kind === 'copy' && (type === 'DATE' || type.startsWith('TIMESTAMP'))) {
    // DuckDB writes the era behind the date, PostgreSQL at the end.
    const moved = `regexp_replace(${text}, '^(\\S+)(.*) BC$', '\\1 (BC)\\2')`;
    return `${cast}(CASE WHEN ends_with(${text}, ' BC') THEN ${moved} ELSE ${text} END AS ${type})`;
  }
  if (whole) {
    const failed = cast === 'CAST' ? `error(${text} || ' has a fraction')` : 'NULL';
    return `CASE WHEN ${hasFraction(text)} THEN ${failed} ELSE ${cast}(${text} AS ${type}) END`;
  }
  if (WITH_ZONE.test(type)) return `${cast}(${text} AS ${type})`;
  if (zoned && TIMESTAMP.test(type)) return `${cast}(${cast}(${text} AS TIMESTAMP WITH TIME ZONE) AS ${type})`;
  return undefined;
}

/** Of 1.5 and 15e-1, and not of 1.0 and 1.5e1. The first condition spares what has neither point nor exponent the others. */
function hasFraction(text: string): string {
  const exponent = `contains(lower(${text}), 'e')`;
  const value = `TRY_CAST(${text} AS DOUBLE)`;
  return `(contains(${text}, '.') OR ${exponent}) AND CASE WHEN ${exponent} THEN ${value} <> trunc(${value}) ELSE regexp_matches(${text}, '\\.[0-9_]*[1-9]') END`;
}
