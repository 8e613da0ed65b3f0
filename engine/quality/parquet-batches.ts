import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tableFromIPC, type RecordBatch, type Schema } from 'apache-arrow';
import { ParquetFile, type RecordBatch as WasmBatch } from 'parquet-wasm';
import { MillraceError } from '../../schemas/errors.js';
import { unreadable } from './unreadable.js';

/** Rows of a batch. The decoder’s default of 1024 is fifteen times slower. */
const BATCH_ROWS = 65_536;

/** Row groups up to this size, uncompressed, are decoded at once, which is quicker; larger ones batch by batch. */
const WHOLE_GROUP_BYTES = 64 << 20;

/** A Parquet file that is read row group by row group. */
export interface ParquetSource {
  readonly rows: number;
  readonly schema: Schema;
  /** Rows of each row group. */
  readonly groupRows: readonly number[];
  /** Batches of the columns, in the order of the file. Other columns may be in them too. */
  batches(columns: readonly string[]): AsyncGenerator<RecordBatch, void, undefined>;
  /** Batches of one row group. */
  groupBatches(group: number, columns: readonly string[]): AsyncGenerator<RecordBatch, void, undefined>;
}

/**
 * Opens a Parquet file; reads its footer alone. The decoder is WebAssembly: on some corrupted files it traps, which ends the
 * thread with an uncaught RuntimeError, so this belongs into a thread of its own.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function openParquet(path: string): Promise<ParquetSource> {
  const info = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new MillraceError('SOURCE_NOT_FOUND', `there is no file ${path}`, { cause: error })
      : unreadable(path, error);
  });
  if (!info.isFile()) throw unreadable(path, new Error('it is not a file'));
  if (info.size === 0) throw new MillraceError('SOURCE_EMPTY', `the file ${path} has no bytes`);
  return guarded(path, async () => {
    const file = await ParquetFile.fromFile(await openAsBlob(path));
    const metadata = file.metadata();
    const { schema } = tableFromIPC(file.schema().intoIPCStream());
    async function* groupBatches(group: number, columns: readonly string[]) {
      const leafPaths = () =>
        metadata
          .rowGroup(group)
          .columns()
          .map((column) => column.columnPath());
      const named = projection(columns, leafPaths);
      const options = { rowGroups: [group], batchSize: BATCH_ROWS, ...(named === null ? {} : { columns: named }) };
      if (metadata.rowGroup(group).totalByteSize() <= WHOLE_GROUP_BYTES) {
        const table = await guarded(path, async () => tableFromIPC((await file.read(options)).intoIPCStream()));
        yield* table.batches;
        return;
      }
      const reader = (await guarded(path, () => file.stream(options))).getReader();
      for (;;) {
        const next = await guarded(path, () => reader.read());
        if (next.done) return;
        const batch = next.value as WasmBatch;
        yield* await guarded(path, async () => tableFromIPC(batch.intoIPCStream()).batches);
      }
    }
    const groups = Array.from({ length: metadata.numRowGroups() }, (_, group) => group);
    return {
      rows: metadata.fileMetadata().numRows(),
      schema,
      groupRows: groups.map((group) => metadata.rowGroup(group).numRows()),
      groupBatches,
      async *batches(columns) {
        for (const group of groups) yield* groupBatches(group, columns);
      },
    };
  });
}

/**
 * What the decoder is to be told so that it reads the columns. It takes the bytes of a name for letters where it looks for the
 * children of a column, so other names than those of ASCII are told by the paths of their leaves.
 * @param leafPaths those of all leaves of the row group
 * @returns null where it can only read all columns: a name goes on as another begins, of which it makes an error
 */
function projection(columns: readonly string[], leafPaths: () => string[][]): string[] | null {
  if (columns.every(isAscii)) return [...columns];
  const paths = leafPaths();
  const leaves = paths.map((path) => path.join('.'));
  const told: string[] = [];
  for (const column of columns) {
    if (isAscii(column)) told.push(column);
    else for (const [i, path] of paths.entries()) if (path[0] === column) told.push(leaves[i]!);
  }
  const isRisky = (name: string) => leaves.some((leaf) => leaf !== name && leaf.startsWith(name));
  return told.some((name) => !isAscii(name) && isRisky(name)) ? null : told;
}

function isAscii(name: string): boolean {
  return Buffer.byteLength(name) === name.length;
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreadable(path, error);
  }
}
