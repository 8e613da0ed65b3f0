import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { ColumnChunk } from '../column-chunk.js';
import { kindOf, type ColumnKind, type Field } from '../column-kind.js';
import type { GroupFacts } from '../kernels/kernel.js';
import { loadCodec, type Decompress } from '../parquet/codecs.js';
import { ColumnCursor } from '../parquet/column-cursor.js';
import { nativeKind } from '../parquet/column-type.js';
import { footerLength, parseFooter, TAIL_BYTES, type ParquetColumn, type ParquetFooter } from '../parquet/footer.js';
import { verifyChecksums } from '../parquet/pages.js';
import { unreadable } from '../unreadable.js';
import { NeedsThread, type SourceOptions } from './open-source.js';
import type { ForeignColumns } from './parquet-foreign.js';
import { rangeOf, type RowGroup, type RowSource, type Share, type SourceBatch } from './row-source.js';

/** Rows of a batch. */
const BATCH_ROWS = 1 << 17;

/** Footers that are longer are refused; one of 10,000 columns in 100 row groups has about 100 MB. */
const MAX_FOOTER_BYTES = 512 << 20;

/** Pages that are in memory at once, decoded, of the columns that are read; a file that needs more is refused. */
const MAX_HELD_BYTES = 2 ** 31;

interface NativeColumn {
  column: ParquetColumn;
  kind: ColumnKind;
}

/**
 * A Parquet file, row group by row group. Flat columns of the common types are read here, codes as codes and pages as they are
 * needed; the others by the general decoder, which is loaded only for them. Reads synchronously, so it belongs into a thread.
 * @throws MillraceError SOURCE_UNREADABLE
 * @throws NeedsThread where only the own decoder may be used and there are columns that it does not read
 */
export async function openParquetSource(
  path: string,
  { indexTexts, onlyOwnDecoders }: SourceOptions,
): Promise<RowSource> {
  const descriptor = openSync(path, 'r');
  try {
    const footer = guarded(path, () => readFooter(descriptor));
    const native = nativeColumns(footer);
    let foreign: ForeignColumns | null = null;
    if (native.size < footer.columns.length) {
      if (onlyOwnDecoders) throw new NeedsThread(path);
      foreign = await (await import('./parquet-foreign.js')).openForeign(path, indexTexts);
    }
    const codecs = await loadCodecs(footer, native);
    const fields = footer.columns.map((column): Field => {
      const kind = native.get(column.name)?.kind;
      if (kind !== undefined) return { name: column.name, kind, nullable: column.repetition !== 'required' };
      return foreign!.fields.get(column.name) ?? unknownField(path, column.name);
    });
    return {
      fields,
      *groups(share: Share): Generator<RowGroup> {
        const [from, to] = rangeOf(share, footer.groups.length);
        let firstRow = footer.groups.slice(0, from).reduce((sum, { rows }) => sum + rows, 0);
        for (let group = from; group < to; group++) {
          const { rows, chunks, leaves } = footer.groups[group]!;
          const cursors = new Cursors(path, (name) => {
            const { column, kind } = native.get(name)!;
            const chunk = chunks.get(name)!;
            return new ColumnCursor(descriptor, column, kind, chunk, codecs.get(chunk.codec)!);
          });
          const facts: GroupFacts = {
            rows,
            nullCount: (name) => {
              if (!native.has(name)) return undefined;
              return native.get(name)!.column.repetition === 'required' ? 0 : (chunks.get(name)!.nulls ?? undefined);
            },
            valuesWithin: (name) =>
              native.has(name) ? guarded(path, () => cursors.get(name).dictionary()) : undefined,
          };
          const batches = (columns: readonly string[], rare: readonly string[]) => {
            const others = [...new Set([...columns, ...rare])].filter((name) => !native.has(name));
            // The general decoder does not look at checksums.
            for (const chunk of others.flatMap((name) => leaves.get(name) ?? chunks.get(name) ?? [])) {
              guarded(path, () => verifyChecksums(descriptor, chunk));
            }
            return others.length === 0
              ? nativeBatches(rows, cursors)
              : mixedBatches(path, rows, cursors, native, foreign!.batches(group, others));
          };
          yield { firstRow, facts, batches };
          firstRow += rows;
        }
      },
      async close() {
        closeSync(descriptor);
      },
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The cursors of one row group; each column is opened when it is asked for, and follows the batches. */
class Cursors {
  private readonly open = new Map<string, { cursor: ColumnCursor; row: number }>();
  private heldBytes = 0;

  constructor(
    private readonly path: string,
    private readonly start: (name: string) => ColumnCursor,
  ) {}

  get(name: string): ColumnCursor {
    return this.entry(name).cursor;
  }

  /** Rows `from` to `from + count` of a column. */
  read(name: string, from: number, count: number): ColumnChunk {
    return guarded(this.path, () => {
      const entry = this.entry(name);
      const before = entry.cursor.heldBytes;
      if (entry.row < from) entry.cursor.skip(from - entry.row);
      entry.row = from + count;
      const chunk = entry.cursor.read(count);
      this.heldBytes += entry.cursor.heldBytes - before;
      if (this.heldBytes > MAX_HELD_BYTES) throw new RangeError('its pages need more than 2 GiB at once');
      return chunk;
    });
  }

  private entry(name: string): { cursor: ColumnCursor; row: number } {
    let entry = this.open.get(name);
    if (entry === undefined) {
      entry = { cursor: this.start(name), row: 0 };
      this.open.set(name, entry);
    }
    return entry;
  }
}

function* nativeBatches(rows: number, cursors: Cursors): Generator<SourceBatch> {
  for (let from = 0; from < rows; from += BATCH_ROWS) {
    const count = Math.min(BATCH_ROWS, rows - from);
    yield { rows: count, column: remembered((name) => cursors.read(name, from, count)) };
  }
}

/** The general decoder sets the pace; the other columns follow. */
async function* mixedBatches(
  path: string,
  rows: number,
  cursors: Cursors,
  native: ReadonlyMap<string, NativeColumn>,
  foreign: AsyncIterable<SourceBatch>,
): AsyncGenerator<SourceBatch> {
  let from = 0;
  for await (const batch of foreign) {
    const at = from;
    yield {
      rows: batch.rows,
      column: remembered((name) => (native.has(name) ? cursors.read(name, at, batch.rows) : batch.column(name))),
    };
    from += batch.rows;
  }
  if (from !== rows) throw unreadable(path, new Error(`its footer promises ${rows} rows, and ${from} are there`));
}

function remembered(read: (name: string) => ColumnChunk): (name: string) => ColumnChunk {
  const chunks = new Map<string, ColumnChunk>();
  return (name) => {
    let chunk = chunks.get(name);
    if (chunk === undefined) {
      chunk = read(name);
      chunks.set(name, chunk);
    }
    return chunk;
  };
}

function readFooter(descriptor: number): ParquetFooter {
  const { size } = fstatSync(descriptor);
  const bytesAt = (at: number, length: number) => {
    const bytes = new Uint8Array(length);
    for (let read = 0; read < length;) {
      const more = readSync(descriptor, bytes, read, length - read, at + read);
      if (more === 0) throw new RangeError('the file is cut off');
      read += more;
    }
    return bytes;
  };
  if (size < TAIL_BYTES + 4) throw new RangeError('it is too short');
  const length = footerLength(bytesAt(size - TAIL_BYTES, TAIL_BYTES), size);
  if (length > MAX_FOOTER_BYTES) throw new RangeError('its footer is too long');
  return parseFooter(bytesAt(size - TAIL_BYTES - length, length), size);
}

function nativeColumns({ columns, groups, isFromText }: ParquetFooter): Map<string, NativeColumn> {
  const native = new Map<string, NativeColumn>();
  for (const column of columns) {
    const kind = nativeKind(column, groups);
    if (kind === null) continue;
    // Text tells no type of a column that is empty throughout.
    const isEmpty = isFromText && groups.every(({ rows, chunks }) => chunks.get(column.name)?.nulls === rows);
    native.set(column.name, { column, kind: isEmpty ? kindOf('null', 'opaque', 'Null') : kind });
  }
  return native;
}

async function loadCodecs(
  { groups }: ParquetFooter,
  native: ReadonlyMap<string, NativeColumn>,
): Promise<ReadonlyMap<number, Decompress>> {
  const used = new Set<number>();
  for (const { chunks } of groups) for (const [name, { codec }] of chunks) if (native.has(name)) used.add(codec);
  return new Map(await Promise.all([...used].map(async (codec) => [codec, await loadCodec(codec)] as const)));
}

function unknownField(path: string, name: string): never {
  throw unreadable(path, new Error(`the decoder does not know its column ${name}`));
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unreadable(path, error);
  }
}
