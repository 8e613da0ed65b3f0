import { basename } from 'node:path';
import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { MillraceError, type IngestStep, type Problem } from '../../schemas/index.js';
import { compressionOfFile } from '../compression.js';
import { csvFirstLine } from '../csv-first-line.js';
import { StatementError, type DuckDbSession } from './duckdb-session.js';
import type { FileFormat, SourceColumn } from './file-format.js';
import { describeColumns, sourceReader } from './source-reader.js';
import { unescapeGlob, type LocalSource } from './sources/local-source.js';

/** Problems that are told; of thousands of files, the first say it. */
const TOLD = 20;
const WHOLE_TYPE = /^U?(BIG|SMALL|TINY)?INT(EGER)?$/;

/** Files with the same columns, in the same order. */
interface Alike {
  files: string[];
  columns: SourceColumn[];
}

/**
 * Holds the files of a glob against each other. DuckDB takes the columns of the first: it leaves out without a word what only
 * others have, and rounds to the types of the first. Here integers of different sizes become the widest, and columns may be in another
 * order; of files that differ in more, the step must declare the columns that it takes, which all of them have.
 * @returns the source, read by the names of its columns where its files differ
 * @throws MillraceError SOURCE_SCHEMA_MISMATCH naming file and column
 */
export async function levelFiles(session: DuckDbSession, step: IngestStep, source: LocalSource): Promise<LocalSource> {
  // A file that cannot be read is explained by who reads it.
  const groups = await groupsOf(session, source).catch((error: unknown) => {
    if (error instanceof StatementError) return [];
    throw error;
  });
  const [first, ...others] = groups;
  if (first === undefined || others.length === 0) return source;
  const problems = step.columns ? lacking(groups, step.columns) : others.flatMap((other) => differences(first, other));
  if (problems.length === 0) return { ...source, byName: true };
  const told = problems.slice(0, TOLD);
  const message = `the files of ${source.name} differ: ${told.map(({ message: one }) => one).join('; ')}`;
  const remedy = step.columns ? '' : '. Declare `columns` of the step to take those that all of them have';
  throw new MillraceError('SOURCE_SCHEMA_MISMATCH', `${message}${remedy}`, { problems: told });
}

function differences(first: Alike, other: Alike): Problem[] {
  const [here, there] = [first, other].map(({ files }) => nameOf(files));
  const said = (message: string) => ({ path: 'source.path', message });
  const found = new Map(other.columns.map(({ name, type }) => [name.toLowerCase(), { name, type }]));
  const problems = first.columns.flatMap(({ name, type }) => {
    const otherType = found.get(name.toLowerCase())?.type;
    found.delete(name.toLowerCase());
    if (otherType === undefined) return [said(`${there} has no ${name}, which ${here} has`)];
    if (otherType === type || (WHOLE_TYPE.test(type) && WHOLE_TYPE.test(otherType))) return [];
    return [said(`${name} is ${otherType} in ${there} and ${type} in ${here}`)];
  });
  return [...problems, ...[...found.values()].map(({ name }) => said(`${there} has ${name}, which ${here} has not`))];
}

function lacking(groups: readonly Alike[], declared: readonly { name: string }[]): Problem[] {
  return groups.flatMap(({ files, columns }) =>
    declared.flatMap(({ name }, index) =>
      columns.some((column) => column.name.toLowerCase() === name.toLowerCase())
        ? []
        : [{ path: `columns[${index}]`, message: `${nameOf(files)} has no ${name}` }],
    ),
  );
}

const nameOf = ([file = '']: readonly string[]) => basename(unescapeGlob(file));

async function groupsOf(session: DuckDbSession, { format, files, columns }: LocalSource): Promise<Alike[]> {
  if (files.length < 2 || columns !== undefined) return [];
  if (format.kind === 'parquet') return parquetGroups(session, format, files);
  return format.kind === 'csv' ? csvGroups(session, format, files) : [];
}

type Find<K extends FileFormat['kind']> = (
  session: DuckDbSession,
  format: Extract<FileFormat, { kind: K }>,
  files: readonly string[],
) => Promise<Alike[]>;

const csvGroups: Find<'csv'> = async (session, format, files) => {
  const groups = new Map<string, Alike>();
  const described = new Map<string, SourceColumn[]>();
  for (const file of files) {
    const path = unescapeGlob(file);
    const line = (await compressionOfFile(path)) === null ? await csvFirstLine(path) : path;
    // Only the names are in the file; types are guessed over all files.
    const reader = sourceReader({ format, files: [file] }, 'as text');
    const found =
      described.get(line) ?? (await describeColumns(session, reader)).map(({ name }) => ({ name, type: 'VARCHAR' }));
    described.set(line, found);
    const key = JSON.stringify(found);
    const group: Alike = groups.get(key) ?? { files: [], columns: found };
    group.files.push(file);
    groups.set(key, group);
  }
  return [...groups.values()];
};

const parquetGroups: Find<'parquet'> = async (session, format, files) => {
  const rows = await session.rows(
    `SELECT min(file)::VARCHAR AS file FROM (
       SELECT file_name AS file, list((name, duckdb_type, num_children) ORDER BY column_id) AS columns
       FROM parquet_schema($files) GROUP BY file_name)
     GROUP BY columns ORDER BY file`,
    { files: listValue([...files]) },
    { files: LIST(VARCHAR) },
  );
  if (rows.length < 2) return [];
  const groups = rows.map(async ({ file }) => {
    const one = [files.find((path) => unescapeGlob(path) === file) ?? String(file)];
    return { files: one, columns: await describeColumns(session, sourceReader({ format, files: one })) };
  });
  return Promise.all(groups);
};
