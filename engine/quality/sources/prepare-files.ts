import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MillraceError } from '../../../schemas/errors.js';
import { CSV_AS_RFC_4180 } from '../../csv-dialect.js';
import { isTooDeep, MAX_JSON_DEPTH } from '../../json-depth.js';
import { refuseCutOff } from '../../unpackable.js';
import { FROM_TEXT } from '../parquet/footer.js';
import { formatOf, headOf } from './open-source.js';

/** Files that the scan can read, and how to remove what was made for it. */
export interface PreparedFiles {
  files: string[];
  dispose(): Promise<void>;
}

/** Where prepared files come from, and what ends the work. */
export interface PrepareOptions {
  /** What `-` stands for; by default the standard input. */
  input?: Readable | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Makes files readable for the scan. Parquet and Arrow IPC are read as they are; what is packed by gzip is unpacked. CSV and NDJSON are turned into Parquet by DuckDB, in a
 * temporary folder, batch by batch, so that memory stays bounded; types are inferred from the whole file. `-` is the standard
 * input, in any of these forms.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function prepareFiles(paths: readonly string[], options: PrepareOptions = {}): Promise<PreparedFiles> {
  let folder: string | undefined;
  const scratch = async () => (folder ??= await mkdtemp(join(tmpdir(), 'millrace-check-')));
  const dispose = async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    const files: string[] = [];
    for (const [i, path] of paths.entries()) {
      options.signal?.throwIfAborted();
      const source = { path, name: path, given: path };
      if (path === '-') {
        source.path = join(await scratch(), `${i}-input`);
        source.given = 'the standard input';
        await pipeline(options.input ?? process.stdin, createWriteStream(source.path), { signal: options.signal });
      }
      let head = await headOf(source.path);
      if (isGzip(head)) {
        const packed = source.path;
        source.path = join(await scratch(), `${i}-unpacked`);
        source.name = source.name.replace(/\.gz$/i, '');
        await unpack(packed, source.path, source.given, options.signal);
        head = await headOf(source.path);
      } else await refuseCutOff(source.path, options.signal);
      if (formatOf(head) !== null || extname(source.name) === '.parquet') files.push(source.path);
      else files.push(await textToParquet(source, head, join(await scratch(), `${i}.parquet`), options.signal));
    }
    return { files, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** A file of text: where it is, the name that tells its form, and what it is called in messages. */
interface TextFile {
  path: string;
  name: string;
  given: string;
}

function isGzip(head: Uint8Array): boolean {
  return head[0] === 0x1f && head[1] === 0x8b;
}

/** What unpacks to more than the first, and to more than so many times its size, is refused: it is made to fill the disk. */
const MOST_UNPACKED_BYTES = 1 << 30;
const MOST_UNPACKED_TIMES = 200;

async function unpack(path: string, into: string, given: string, signal: AbortSignal | undefined): Promise<void> {
  const most = Math.max(MOST_UNPACKED_BYTES, (await stat(path)).size * MOST_UNPACKED_TIMES);
  let bytes = 0;
  const bounded = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      bytes += chunk.length;
      if (bytes > most) done(new RangeError(`it unpacks to more than ${most} bytes`));
      else done(null, chunk);
    },
  });
  try {
    await pipeline(createReadStream(path), createGunzip(), bounded, createWriteStream(into), { signal });
  } catch (error) {
    signal?.throwIfAborted();
    const reason = (error as Error).message;
    throw new MillraceError('SOURCE_UNREADABLE', `${given} cannot be unpacked: ${reason}`, { cause: error });
  }
}

function isJson(name: string, head: Uint8Array): boolean {
  if (/\.(ndjson|jsonl|json)$/i.test(name)) return true;
  return /^(\xef\xbb\xbf)?\s*[{[]/.test(Buffer.from(head).toString('latin1'));
}

async function textToParquet(source: TextFile, head: Uint8Array, into: string, signal?: AbortSignal): Promise<string> {
  const { path, given } = source;
  const json = isJson(source.name, head);
  if (json && (await isTooDeep(path, signal))) {
    const reason = `its lists and objects lie more than ${MAX_JSON_DEPTH} deep in one another`;
    throw new MillraceError('SOURCE_UNREADABLE', `${given} cannot be read as NDJSON: ${reason}`);
  }
  // Loaded here, since most files do not need it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', threads: '2' });
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  try {
    const connection = await instance.connect();
    const interrupt = () => connection.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    await connection.run(`SET TimeZone = 'UTC'`);
    await connection.run(`SET temp_directory = ${quoted(`${into}.tmp`)}`);
    // Every row is looked at before types are fixed, so that a late text in a column of numbers is no surprise. Rows of another
    // width than the first would make DuckDB begin below them, so it must not pass over any. The first line is the header also
    // where it looks like a row (a column `f` may be a boolean), as it is for whoever ingests the file.
    const csv = (more: string) => `read_csv(${quoted(path)}, sample_size = -1, ${CSV_AS_RFC_4180.join(', ')}${more})`;
    const copy = (reader: string) =>
      connection.run(
        `COPY (SELECT * FROM ${reader}) TO ${quoted(into)} (FORMAT parquet, COMPRESSION snappy, KV_METADATA {${FROM_TEXT}: 'true'})`,
      );
    if (json) await copy(`read_json_auto(${quoted(path)}, sample_size = -1)`);
    else {
      await copy(csv(''));
      const header = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${quoted(into)}`);
      const [name, ...others] = header.getRows().map((row) => String(row[0]));
      // Rows of another width than the header make it look like one column, whose rows are the lines.
      const delimiter = others.length > 0 ? undefined : [',', ';', '\t', '|'].find((sign) => name?.includes(sign));
      if (delimiter !== undefined) {
        // With columns that are given, the first row that does not fit is named.
        const columns = name!.split(delimiter).map((_, i) => `c${i}: 'VARCHAR'`);
        const given = `, delim = ${quoted(delimiter)}`;
        const strict = csv(`${given}, auto_detect = false, columns = {${columns.join(', ')}}`).replace(
          'sample_size = -1, ',
          '',
        );
        await connection.run(`SELECT count(*) FROM ${strict}`);
        await copy(csv(given));
      }
    }
    signal?.removeEventListener('abort', interrupt);
    return into;
  } catch (error) {
    signal?.throwIfAborted();
    const form = json ? 'NDJSON' : 'CSV';
    const { message } = error as Error;
    const ends = message.includes('detect the CSV parsing dialect') ? await lineEndsProblem(path) : undefined;
    const reason = ends ?? reasonOf(message, path);
    throw new MillraceError('SOURCE_UNREADABLE', `${given} cannot be read as ${form}: ${reason}`, { cause: error });
  } finally {
    instance.closeSync();
  }
}

/** Lines that end in different ways, of which DuckDB says but that it finds no dialect; by the first 64 KiB. */
async function lineEndsProblem(path: string): Promise<string | undefined> {
  const parts: Buffer[] = [];
  for await (const part of createReadStream(path, { end: (64 << 10) - 1 })) parts.push(part as Buffer);
  const text = Buffer.concat(parts)
    .toString('latin1')
    .replace(/"(?:[^"]|"")*"/g, '');
  if (text.includes('\0')) return undefined;
  const ends = [...new Set(text.match(/\r\n|\r(?!$)|\n/g))];
  if (ends.length < 2) return undefined;
  const names = ends.map((end) => END_NAMES[end]).join(' and ');
  return `its lines end in different ways (${names}); all must end in the same`;
}

const END_NAMES: Readonly<Record<string, string>> = { '\r\n': 'CRLF', '\n': 'LF', '\r': 'CR' };

/** What DuckDB says, without its advice on its own options, and without the path of a file that was made on the way. */
function reasonOf(message: string, path: string): string {
  const lines = message.split('\n').map((line) => line.trim().replaceAll(path, 'the file'));
  const told = lines.filter((line) => line !== '' && !/^(Original Line|file ?=|Possible|\*|LINE )/i.test(line));
  return told.slice(0, 3).join(' ').slice(0, 500);
}
