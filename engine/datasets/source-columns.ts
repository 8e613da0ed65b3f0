import { MillraceError, type Column, type IngestStep, type Problem } from '../../schemas/index.js';
import { identifier, StatementError, type DuckDbSession } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { describeColumns, findMisfits, sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';
import { raggedLine } from './ragged-csv.js';
import { refuseRepeatedNames } from './repeated-names.js';
import { wideDecimals } from './wide-decimals.js';
import { keepWideIntegers, WIDE_INTEGER, withoutHugeIntegers } from './wide-integers.js';

/** What is taken from a source. */
export interface ColumnPlan {
  /** Columns that are written, in order, their types in DuckDB’s canonical words. */
  columns: Column[];
  /** Columns to read text formats with, the time column among them; undefined when types are in the file. */
  asTypes: SourceColumn[] | undefined;
  /** Type of the time column. */
  timeType: string | undefined;
}

const NUMBER_TYPES = /^(DECIMAL\(\d+,\d+\)|DOUBLE|FLOAT|U?(HUGE|BIG|SMALL|TINY)?INT(EGER)?|VARCHAR)$/;
const WHOLE_TYPES = /^(DECIMAL\(\d+,0\)|U?(BIG|SMALL|TINY)?INT(EGER)?)$/;
const TIME_TYPES = /^(DATE|TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?)$/;

/**
 * Holds the columns of a source against those that a step declares. Formats with types are compared; text formats are
 * read as declared, and what does not fit shows when they are read.
 * @throws MillraceError SOURCE_SCHEMA_MISMATCH naming each missing or differing column by path, INPUT_INVALID for a
 * declared type that DuckDB does not know, SOURCE_UNREADABLE
 */
export async function planColumns(session: DuckDbSession, step: IngestStep, source: LocalSource): Promise<ColumnPlan> {
  const { columns: declared, timeColumn } = step;
  const present =
    source.columns ?? (await refuseRepeatedNames(session, step, source, await describeOrRefuse(session, step, source)));
  const presentColumns = new Map(present.map((column) => [column.name, column]));
  const typed = source.format.kind === 'parquet' || source.columns !== undefined;
  const columns = declared ? await canonicalTypes(session, declared) : await guessedTypes(session, source, present);

  const problems = await wideDecimals(session, step, source, present);
  columns.forEach(({ name, type }, index) => {
    const found = presentColumns.get(name);
    const path = `columns[${index}]`;
    if (found === undefined) {
      problems.push({ path, message: `${name} is missing; there is ${[...presentColumns.keys()].join(', ')}` });
    } else if (typed && found.type !== type && !(found.approximate === true && NUMBER_TYPES.test(type))) {
      problems.push({ path, message: `${name} is ${found.type}, not ${type}` });
    }
  });

  let timeType: string | undefined;
  if (timeColumn !== undefined) {
    const stated = typed ? undefined : columns.find(({ name }) => name === timeColumn)?.type;
    timeType = stated ?? presentColumns.get(timeColumn)?.type;
    if (timeType === undefined || !presentColumns.has(timeColumn)) {
      problems.push({ path: 'timeColumn', message: `${timeColumn} is missing` });
    } else if (!TIME_TYPES.test(timeType)) {
      problems.push({ path: 'timeColumn', message: `${timeColumn} is ${timeType}, not a TIMESTAMP or DATE` });
    }
  }
  refuse(problems, source);

  if (typed) {
    const asTypes = source.columns?.map((column) =>
      column.approximate === true ? asDeclared(column, typeIn(columns, column.name)) : column,
    );
    return { columns, asTypes, timeType };
  }
  const asTypes: SourceColumn[] = columns.map(({ name, type }) => ({
    ...{ name, type, whole: declared !== undefined && WHOLE_TYPES.test(type) },
    zoned: presentColumns.get(name)?.type === 'TIMESTAMP WITH TIME ZONE',
  }));
  if (timeColumn !== undefined && timeType !== undefined && !asTypes.some(({ name }) => name === timeColumn)) {
    asTypes.push({ name: timeColumn, type: timeType });
  }
  return { columns, asTypes, timeType };
}

/**
 * Explains why a source could not be read after all: values that do not fit the declared types, or broken bytes.
 * @returns never; it throws SOURCE_SCHEMA_MISMATCH or SOURCE_UNREADABLE
 */
export async function explainReadFailure(
  session: DuckDbSession,
  source: LocalSource,
  plan: ColumnPlan,
  error: unknown,
): Promise<never> {
  if (error instanceof StatementError && plan.asTypes !== undefined) {
    const misfits = await findMisfits(session, source, plan.asTypes).catch(() => []);
    const problems = misfits.flatMap((misfit, index) => {
      const column = plan.asTypes?.[index];
      if (misfit === undefined || column === undefined) return [];
      const path = index < plan.columns.length ? `columns[${index}]` : 'timeColumn';
      const message = `${column.name} has ${misfit.rows} values that are not ${column.type}, as in "${misfit.example}"`;
      return [{ path, message }];
    });
    refuse(problems, source, error);
  }
  throw unreadable(source, error);
}

/** Refuses nulls in columns that are declared not to hold any. */
export async function refuseNulls(session: DuckDbSession, source: LocalSource, file: string, columns: Column[]) {
  const strict = columns.flatMap((column, index) => (column.nullable ? [] : [{ name: column.name, index }]));
  if (strict.length === 0) return;
  const counts = strict.map(({ name, index }) => `countif(${identifier(name)} IS NULL)::DOUBLE AS n${index}`);
  const [row] = await session.rows(`SELECT ${counts.join(', ')} FROM read_parquet($file)`, { file });
  const problems = strict.flatMap(({ name, index }) => {
    const nulls = Number(row?.[`n${index}`] ?? 0);
    return nulls === 0 ? [] : [{ path: `columns[${index}]`, message: `${name} has ${nulls} nulls and may have none` }];
  });
  refuse(problems, source);
}

async function describeOrRefuse(session: DuckDbSession, { columns }: IngestStep, source: LocalSource) {
  try {
    const found = await describeColumns(session, sourceReader(source, columns ? 'from some rows' : 'from all rows'));
    const lacks = columns?.some(({ name }) => !found.some((column) => column.name === name));
    // A member of JSON that most objects leave out may come late.
    if (!lacks || source.format.kind !== 'json') return found;
    return await describeColumns(session, sourceReader(source, 'from all rows'));
  } catch (error) {
    throw unreadable(source, (error instanceof StatementError && (await raggedLine(session, source))) || error);
  }
}

function guessedTypes(session: DuckDbSession, source: LocalSource, present: readonly SourceColumn[]) {
  return keepWideIntegers(session, source, present).catch((error: unknown) => {
    throw unreadable(source, error);
  });
}

/** Declared types in the words that DuckDB answers with: `int` is INTEGER, `text` is VARCHAR. */
async function canonicalTypes(session: DuckDbSession, declared: readonly Column[]): Promise<Column[]> {
  const columns: Column[] = [];
  for (const [index, column] of declared.entries()) {
    // A type has no parameter form. These characters are those of types and leave no statement's end or comment.
    const type = /^[\w ()[\],."]+$/.test(column.type)
      ? await session.rows(`SELECT typeof(CAST(NULL AS ${column.type})) AS type`).catch(() => [])
      : [];
    if (type[0] === undefined) {
      const problem = { path: `columns[${index}].type`, message: `${column.type} is not a type of DuckDB` };
      throw new MillraceError('INPUT_INVALID', `${problem.path}: ${problem.message}`, { problems: [problem] });
    }
    columns.push({ ...column, type: withoutHugeIntegers(String(type[0]['type']), WIDE_INTEGER) });
  }
  return columns;
}

const typeIn = (columns: readonly Column[], wanted: string) => columns.find(({ name }) => name === wanted)?.type;
const asDeclared = (column: SourceColumn, type = column.type): SourceColumn => ({
  ...column,
  type,
  whole: WHOLE_TYPES.test(type),
});

function refuse(problems: Problem[], { name }: LocalSource, cause?: unknown): void {
  if (problems.length === 0) return;
  const shown = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  throw new MillraceError('SOURCE_SCHEMA_MISMATCH', `${name}: ${shown}`, { problems, cause });
}

function unreadable({ name, format }: LocalSource, error: unknown): unknown {
  // An abort and a full disk are not the source's fault.
  if (!(error instanceof StatementError)) return error;
  return new MillraceError('SOURCE_UNREADABLE', `${name} as ${format.kind}: ${withoutAdvice(error.message)}`, {
    cause: error,
  });
}

/** DuckDB goes on to name options of its own, which no step has, and those that it read with. */
const withoutAdvice = (message: string) =>
  message
    .replace(/\s*\n(Possible fixes:|Possible Solution:|Try setting |\s+file = )[^]*$/, '')
    .replace(/, try ignore_errors=true$/, '');
