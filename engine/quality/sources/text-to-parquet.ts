import { createReadStream } from 'node:fs';
import type { DuckDBConnection } from '@duckdb/node-api';
import { MillraceError } from '../../../schemas/errors.js';
import { CSV_AS_RFC_4180 } from '../../csv-dialect.js';
import { isTooDeep, MAX_JSON_DEPTH } from '../../json-depth.js';
import { hasMixedLineEnds, writeWithOneLineEnd } from '../../line-ends.js';
import { FROM_TEXT } from '../parquet/footer.js';
import { csvHeader, ownNames, type CsvHeader } from './csv-header.js';

/** A file of text: where it is, the name that tells its form, and what it is called in messages. */
export interface TextFile {
  path: string;
  name: string;
  given: string;
}

/** The Parquet file that a text becomes. */
export interface TextToParquet {
  /** Its path; others may be made beside it. */
  into: string;
  signal?: AbortSignal | undefined;
  /** Told how much of the text has been written to it, in whole percent. */
  onPercent?: ((percent: number) => void) | undefined;
}

/** From where a text in UTF-8 is read. */
interface Conversion extends TextToParquet {
  from: string;
}

/**
 * Turns CSV or NDJSON in UTF-8 into Parquet by DuckDB, batch by batch. Lines of a CSV may end in different ways.
 * @param head its first bytes
 * @returns path of the Parquet file that was made
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function textToParquet(
  { path, name, given }: TextFile,
  head: Uint8Array,
  to: TextToParquet,
): Promise<string> {
  const { into, signal } = to;
  const form = isJson(name, head) ? 'NDJSON' : 'CSV';
  const convert = form === 'CSV' ? csvToParquet : jsonToParquet;
  const plain = { ...to, from: path };
  try {
    try {
      return await convert(plain);
    } catch (error) {
      signal?.throwIfAborted();
      // DuckDB reads no CSV whose lines end in different ways, and says of it but that it found no dialect.
      if (form !== 'CSV' || !(await hasMixedLineEnds(path, signal))) throw error;
      const even = { ...plain, from: `${into}.csv` };
      await writeWithOneLineEnd(path, even.from, signal);
      return await convert(even).catch((again: Error) => {
        again.message = again.message.replaceAll(even.from, path);
        throw again;
      });
    }
  } catch (error) {
    signal?.throwIfAborted();
    const reason = reasonOf((error as Error).message, path);
    throw new MillraceError('SOURCE_UNREADABLE', `${given} cannot be read as ${form}: ${reason}`, { cause: error });
  }
}

function isJson(name: string, head: Uint8Array): boolean {
  if (/\.(ndjson|jsonl|json)$/i.test(name)) return true;
  return /^(\xef\xbb\xbf)?\s*[{[]/.test(Buffer.from(head).toString('latin1'));
}

async function jsonToParquet({ from, ...to }: Conversion): Promise<string> {
  if (await isTooDeep(from, to.signal)) {
    throw new RangeError(`its lists and objects lie more than ${MAX_JSON_DEPTH} deep in one another`);
  }
  await withDuckDb({ ...to, columns: 0 }, (connection) =>
    copy(connection, `read_json_auto(${quoted(from)}, sample_size = -1)`, to.into),
  );
  return to.into;
}

async function csvToParquet({ from, ...to }: Conversion): Promise<string> {
  // Every row is looked at before types are fixed, so that a late text in a column of numbers is no surprise. Rows of another
  // width than the first would make DuckDB begin below them, so it must not pass over any. The first line is the header also
  // where it looks like a row (a column `f` may be a boolean), as it is for whoever ingests the file.
  const { into, signal } = to;
  const csv = (more: string) => `read_csv(${quoted(from)}, ${[...CSV_AS_RFC_4180, more].join(', ')})`;
  const header = await csvHeader(from);
  if (header.names(1)?.[0] === '' && (await hasOnlyLineEnds(from, signal))) {
    throw new RangeError('it has nothing but empty lines, and no names of columns');
  }
  return withDuckDb({ ...to, columns: header.columns }, async (connection) => {
    await copy(connection, csv('sample_size = -1'), into);
    const [name, ...others] = await namesIn(connection, into);
    // Rows of another width than the header make it look like one column, whose rows are the lines.
    const delimiter = others.length > 0 ? undefined : [',', ';', '\t', '|'].find((sign) => name?.includes(sign));
    if (delimiter !== undefined) {
      // With columns that are given, the first row that does not fit is named.
      const columns = name!.split(delimiter).map((_, i) => `c${i}: 'VARCHAR'`);
      const given = `delim = ${quoted(delimiter)}`;
      const strict = csv(`${given}, auto_detect = false, columns = {${columns.join(', ')}}`);
      await connection.run(`SELECT count(*) FROM ${strict}`);
      await copy(connection, csv(`sample_size = -1, ${given}`), into);
    }
    return withOwnNames(connection, header, into);
  });
}

async function hasOnlyLineEnds(path: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const chunk of createReadStream(path, { signal })) {
    if ((chunk as Uint8Array).some((byte) => byte !== 0x0a && byte !== 0x0d)) return false;
  }
  return true;
}

/** DuckDB numbers a name that another column has, also in another case; the file is told the names that the text has. */
async function withOwnNames(connection: DuckDBConnection, header: CsvHeader, file: string): Promise<string> {
  const read = await namesIn(connection, file);
  const names = ownNames(header.names(read.length) ?? read, read);
  if (names.every((name, i) => name === read[i])) return file;
  const named = `${file}.named`;
  await copy(connection, quoted(file), named, names);
  return named;
}

async function namesIn(connection: DuckDBConnection, file: string): Promise<string[]> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${quoted(file)}`);
  return described.getRows().map((row) => String(row[0]));
}

async function copy(
  connection: DuckDBConnection,
  from: string,
  into: string,
  names: readonly string[] = [],
): Promise<void> {
  const metadata = `KV_METADATA {${FROM_TEXT}: ${quoted(JSON.stringify(names))}}`;
  await connection.run(`COPY (FROM ${from}) TO ${quoted(into)} (FORMAT parquet, COMPRESSION snappy, ${metadata})`);
}

/** Above this number of columns one thread reads, since each has buffers for all of them. */
const MANY_COLUMNS = 1000;

/** What DuckDB takes into account for buffers of a column, of which it touches a small part. */
const MEBIBYTES_A_COLUMN = 0.75;

const PERCENT_EVERY_MS = 200;

async function withDuckDb<T>(
  { into, signal, onPercent, columns }: TextToParquet & { columns: number },
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  // Loaded here, since most files do not need it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${512 + Math.ceil(MEBIBYTES_A_COLUMN * (columns > MANY_COLUMNS ? columns : 0))}MiB`,
    threads: columns > MANY_COLUMNS ? '1' : '2',
  });
  let percent: NodeJS.Timeout | undefined;
  try {
    const connection = await instance.connect();
    const interrupt = () => connection.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    await connection.run(`SET TimeZone = 'UTC'`);
    await connection.run(`SET temp_directory = ${quoted(`${into}.tmp`)}`);
    if (onPercent !== undefined) {
      await connection.run('SET enable_progress_bar = true; SET enable_progress_bar_print = false');
      percent = setInterval(() => {
        const { percentage } = connection.progress;
        if (percentage > 0) onPercent(Math.floor(percentage));
      }, PERCENT_EVERY_MS);
    }
    const result = await work(connection);
    signal?.removeEventListener('abort', interrupt);
    return result;
  } finally {
    clearInterval(percent);
    instance.closeSync();
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** What DuckDB says, without its advice on its own options, and without the path of a file that was made on the way. */
function reasonOf(message: string, path: string): string {
  const lines = message
    .replace(/\s*Try increasing 'sample_size'[^]*/, '')
    .split('\n')
    .map((line) => line.trim().replaceAll(path, 'the file'))
    .map((line) => line.replace(/ in file "the file"/, ''));
  const told = lines.filter(
    (line) => line !== '' && !/^(Original Line|file ?=|Possible|\*|LINE |See also)/i.test(line),
  );
  return told.slice(0, 3).join(' ').slice(0, 500);
}
