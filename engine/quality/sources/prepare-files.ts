import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MillraceError } from '../../../schemas/errors.js';
import { isTooDeep, MAX_JSON_DEPTH } from '../../json-depth.js';
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
 * Makes files readable for the scan. Parquet and Arrow IPC are read as they are. CSV and NDJSON are turned into Parquet by DuckDB, in a
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
      let file = path;
      if (path === '-') {
        file = join(await scratch(), `${i}-input`);
        await pipeline(options.input ?? process.stdin, createWriteStream(file), { signal: options.signal });
      }
      const head = await headOf(file);
      if (formatOf(head) !== null || extname(file) === '.parquet') files.push(file);
      else
        files.push(
          await textToParquet(file, isJson(file, head), join(await scratch(), `${i}.parquet`), options.signal),
        );
    }
    return { files, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

function isJson(path: string, head: Uint8Array): boolean {
  if (/\.(ndjson|jsonl|json)$/i.test(path)) return true;
  return /^\s*[{[]/.test(Buffer.from(head).toString('latin1'));
}

async function textToParquet(path: string, json: boolean, into: string, signal?: AbortSignal): Promise<string> {
  if (json && (await isTooDeep(path, signal))) {
    const reason = `its lists and objects lie more than ${MAX_JSON_DEPTH} deep in one another`;
    throw new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as NDJSON: ${reason}`);
  }
  // Loaded here, since most files do not need it.
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '512MB', threads: '2' });
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  // Every row is looked at before types are fixed, so that a late text in a column of numbers is no surprise.
  const reader = json
    ? `read_json_auto(${quoted(path)}, sample_size = -1)`
    : `read_csv(${quoted(path)}, sample_size = -1, strict_mode = true)`;
  try {
    const connection = await instance.connect();
    const interrupt = () => connection.interrupt();
    signal?.addEventListener('abort', interrupt, { once: true });
    await connection.run(`SET TimeZone = 'UTC'`);
    await connection.run(`SET temp_directory = ${quoted(`${into}.tmp`)}`);
    await connection.run(`COPY (SELECT * FROM ${reader}) TO ${quoted(into)} (FORMAT parquet, COMPRESSION snappy)`);
    signal?.removeEventListener('abort', interrupt);
    return into;
  } catch (error) {
    signal?.throwIfAborted();
    const reason = (error as Error).message.split('\n')[0]!;
    const form = json ? 'NDJSON' : 'CSV';
    throw new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as ${form}: ${reason}`, { cause: error });
  } finally {
    instance.closeSync();
  }
}
