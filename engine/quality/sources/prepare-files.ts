import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { MillraceError } from '../../../schemas/errors.js';
import { compressionOf } from '../../compression.js';
import { refuseCutOff } from '../../unpackable.js';
import { formatOf, headOf } from './open-source.js';
import { utf16Of, writeAsUtf8 } from './rewrite-text.js';
import { textToParquet } from './text-to-parquet.js';

/** Files that the scan can read, and how to remove what was made for it. */
export interface PreparedFiles {
  files: string[];
  /** The same as Parquet, which is what DuckDB reads: Arrow IPC is rewritten by the first call. @throws MillraceError SOURCE_UNREADABLE */
  asParquet: () => Promise<string[]>;
  dispose(): Promise<void>;
}

/** Where prepared files come from, and what ends the work. */
export interface PrepareOptions {
  /** What `-` stands for; by default the standard input. */
  input?: Readable | undefined;
  signal?: AbortSignal | undefined;
  /** Told about five times a second which file is made readable, and how much of it has been read. Files that are readable are not told. */
  onPreparing?: ((preparing: Preparing) => void) | undefined;
}

/** A file that is made readable. */
export interface Preparing {
  /** What it is called in messages. */
  file: string;
  /** How much of its text has been turned into columns; null while that is not known, as while types are found out. */
  percent: number | null;
}

const TOLD_EVERY_MS = 200;

/**
 * Makes files readable for the scan. Parquet and Arrow IPC are read as they are; what is packed by gzip is unpacked, and text in
 * UTF-16 decoded. CSV and NDJSON are turned into Parquet by DuckDB, in a temporary folder, batch by batch, so that memory stays
 * bounded; types are inferred from the whole file. `-` is the standard input, in any of these forms.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE, INPUT_INVALID where `-` is named twice
 */
export async function prepareFiles(paths: readonly string[], options: PrepareOptions = {}): Promise<PreparedFiles> {
  if (paths.filter((path) => path === '-').length > 1) {
    throw new MillraceError('INPUT_INVALID', 'the standard input (-) can be read but once');
  }
  const preparing: Preparing = { file: '', percent: null };
  const { onPreparing } = options;
  const telling = onPreparing && setInterval(() => onPreparing({ ...preparing }), TOLD_EVERY_MS);
  const onPercent = onPreparing && ((percent: number) => (preparing.percent = percent));
  let folder: string | undefined;
  const scratch = async () => (folder ??= await mkdtemp(join(tmpdir(), 'millrace-check-')));
  const dispose = async () => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    const files: string[] = [];
    for (const [i, path] of paths.entries()) {
      options.signal?.throwIfAborted();
      const source = { path, name: path, given: path === '-' ? 'the standard input' : path };
      Object.assign(preparing, { file: source.given, percent: null });
      if (path === '-') {
        source.path = join(await scratch(), `${i}-input`);
        await pipeline(options.input ?? process.stdin, createWriteStream(source.path), { signal: options.signal });
      }
      let head = await headOf(source.path, source.given);
      if (compressionOf(head) === 'gzip') {
        const packed = source.path;
        source.path = join(await scratch(), `${i}-unpacked`);
        source.name = source.name.replace(/\.gz$/i, '');
        await unpack(packed, source.path, source.given, options.signal);
        head = await headOf(source.path, source.given);
      } else await refuseCutOff(source.path, options.signal);
      const encoding = utf16Of(head);
      if (encoding !== null) {
        const encoded = source.path;
        source.path = join(await scratch(), `${i}-utf8`);
        await decoded(source.given, writeAsUtf8(encoded, source.path, encoding, options.signal), options.signal);
        head = await headOf(source.path, source.given);
      }
      if (formatOf(head) !== null || extname(source.name) === '.parquet') files.push(source.path);
      else {
        const into = join(await scratch(), `${i}.parquet`);
        files.push(await textToParquet(source, head, { into, signal: options.signal, onPercent }));
      }
    }
    let parquet: Promise<string[]> | undefined;
    const asParquet = () => (parquet ??= rewritten(files, scratch, options.signal));
    return { files, asParquet, dispose };
  } catch (error) {
    await dispose();
    throw error;
  } finally {
    clearInterval(telling);
  }
}

async function rewritten(
  files: readonly string[],
  scratch: () => Promise<string>,
  signal: AbortSignal | undefined,
): Promise<string[]> {
  const parquet: string[] = [];
  for (const [i, path] of files.entries()) {
    if (formatOf(await headOf(path)) !== 'arrow') {
      parquet.push(path);
      continue;
    }
    const { arrowToParquet } = await import('../../arrow-ipc/arrow-to-parquet.js');
    const folder = join(await scratch(), `${i}-arrow`);
    await mkdir(folder);
    parquet.push(...(await arrowToParquet([path], { folder, signal })));
  }
  return parquet;
}

async function decoded(given: string, work: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  await work.catch((error: Error) => {
    signal?.throwIfAborted();
    throw new MillraceError('SOURCE_UNREADABLE', `${given} is not the UTF-16 that it says it is`, { cause: error });
  });
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
