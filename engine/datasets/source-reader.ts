import { listValue, LIST, VARCHAR } from '@duckdb/node-api';
import { CSV_AS_RFC_4180 } from '../csv-dialect.js';
import { triedValueOf } from './text-values.js';
import { identifier, literal, type DuckDbSession, type Types, type Values } from './duckdb-session.js';
import { COPY_NULL, type FileFormat, type SourceColumn } from './file-format.js';
import type { LocalSource } from './sources/local-source.js';

/** The table function that reads a source, with its bound parameters. */
export interface SourceReader {
  /** As in `read_parquet($files, hive_partitioning = false)`. */
  call: string;
  values: Values;
  types: Types;
}

/** Columns of a text format with the types to read them with, or how types are found; those of Parquet are in the file. */
type Typing = readonly SourceColumn[] | 'from some rows' | 'from all rows' | 'as text';

/**
 * How DuckDB reads files of a kind. The paths are bound. Options are literals: DuckDB’s named arguments must be known
 * when a statement is planned, and structs of column types have no parameter form in which names can be escaped.
 */
export function sourceReader(
  { format, files, byName }: Pick<LocalSource, 'format' | 'files' | 'byName'>,
  types: Typing = 'from some rows',
): SourceReader {
  return {
    call: `${CALLS[format.kind]}($files, ${[...optionsOf(format, byName), ...typing(format, types)].join(', ')})`,
    values: { files: listValue(files) },
    types: { files: LIST(VARCHAR) },
  };
}

const CALLS = { parquet: 'read_parquet', csv: 'read_csv', copy: 'read_csv', json: 'read_json' } as const;

/** Rows that types are guessed from where they are stated anyway, and where all rows are too many: DuckDB’s default. */
const SAMPLE_ROWS = 20_480;

/** Left alone, DuckDB guesses by the first ten files of CSV and 32 of JSON, and then rounds, or leaves out, what others have. */
const ALL_FILES = { csv: 'files_to_sniff = -1', copy: '', json: `maximum_sample_files = ${2 ** 31}` };

/** Bytes of a row of PostgreSQL at most. */
const LONGEST_ROW = 32 * 1024 ** 2;

/** What `COPY … TO STDOUT (FORMAT csv, FORCE_QUOTE *)` of PostgreSQL writes, a row of which may be as large as a document. */
const COPY_OF_POSTGRES = [
  ...['auto_detect = false', 'header = false', "delim = ','", "quote = '\"'", "escape = '\"'", "new_line = '\\n'"],
  ...[`nullstr = ${literal(COPY_NULL)}`, 'allow_quoted_nulls = false', 'strict_mode = true'],
  // By itself, DuckDB would read sixteen such lines at once.
  ...['max_line_size', 'buffer_size'].map((option) => `${option} = ${LONGEST_ROW}`),
];

function optionsOf(format: FileFormat, byName = false): string[] {
  // Folders named `year=2001` would add columns, and a version must not depend on where a file lies.
  const common = ['hive_partitioning = false', ...(byName ? ['union_by_name = true'] : [])];
  if (format.kind === 'copy') return [...common, ...COPY_OF_POSTGRES];
  if (format.kind !== 'csv') return common;
  return [
    ...common,
    `delim = ${literal(format.delimiter)}`,
    `nullstr = ${literal(format.nullText)}`,
    ...CSV_AS_RFC_4180,
  ];
}

function typing({ kind }: FileFormat, types: Typing): string[] {
  if (kind === 'parquet') return [];
  if (types === 'as text') return ['all_varchar = true', 'sample_size = 1'];
  if (typeof types === 'string') {
    // A date of another form is guessed, and then cannot be read as what was guessed.
    const dates = kind === 'json' ? ["dateformat = 'iso'"] : [];
    if (types === 'from some rows') return [`sample_size = ${SAMPLE_ROWS}`, ...dates];
    return ['sample_size = -1', ALL_FILES[kind], ...dates];
  }
  const struct = `{${types.map(({ name, type }) => `${literal(name)}: ${literal(type)}`).join(', ')}}`;
  return [kind === 'csv' ? `types = ${struct}` : `columns = ${struct}`];
}

/** The columns that a reader yields, in order. */
export async function describeColumns(session: DuckDbSession, reader: SourceReader): Promise<SourceColumn[]> {
  const rows = await session.rows(`DESCRIBE SELECT * FROM ${reader.call}`, reader.values, reader.types);
  return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
}

/** What does not fit a type, as far as text formats can be asked. */
export interface Misfit {
  rows: number;
  example: string;
}

/** Which of the columns of a text format do not fit their types, read as text and tried one by one. */
export async function findMisfits(
  session: DuckDbSession,
  source: LocalSource,
  columns: readonly SourceColumn[],
): Promise<(Misfit | undefined)[]> {
  const asText = columns.map(({ name }) => ({ name, type: 'VARCHAR' }));
  const reader = sourceReader(source, asText);
  const measures = columns.flatMap((column, index) => {
    const text = identifier(column.name);
    const unfit = `${text} IS NOT NULL AND ${triedValueOf(source.format, column)} IS NULL`;
    return [
      `count(*) FILTER (WHERE ${unfit})::DOUBLE AS rows_${index}`,
      `any_value(${text}) FILTER (WHERE ${unfit}) AS example_${index}`,
    ];
  });
  const [row] = await session.rows(`SELECT ${measures.join(', ')} FROM ${reader.call}`, reader.values, reader.types);
  return columns.map((_, index) => {
    const rows = Number(row?.[`rows_${index}`] ?? 0);
    return rows === 0 ? undefined : { rows, example: String(row?.[`example_${index}`]) };
  });
}
