import { closeSync, fstatSync, openSync } from 'node:fs';
import { MillraceError } from '../../../schemas/errors.js';
import type { ColumnChunk } from '../column-chunk.js';
import { joinChunks, plainChunk } from '../parquet/chunk-parts.js';
import { loadZstandard, type Decompress } from '../parquet/codecs.js';
import { readColumn } from '../ipc/column.js';
import { HEADER, messageAt, messagesFrom, partsOf, type Message } from '../ipc/messages.js';
import { BatchMemory, RecordBatch } from '../ipc/record-batch.js';
import { fieldsOfSchema, type IpcField } from '../ipc/schema.js';
import type { FlatTable } from '../ipc/flatbuffer.js';
import { lz4Frame } from '../lz4.js';
import { TextIndex } from '../text-index.js';
import { rangeOf, type RowGroup, type RowSource, type Share, type SourceBatch } from './row-source.js';

/**
 * An Arrow IPC file or stream, read batch by batch; of each, the columns that are asked for. A stream cannot be entered in the middle,
 * so who has its beginning has the whole. Reads synchronously.
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function openIpc(path: string, indexTexts: ReadonlySet<string>): Promise<RowSource> {
  const descriptor = openSync(path, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const parts = guarded(path, () => partsOf(descriptor, size));
    const fields = guarded(path, () => fieldsOfSchema(parts.schema));
    const reader = new Reader(path, descriptor, fields, indexTexts);
    for (const dictionary of parts.dictionaries) await reader.addDictionary(dictionary);
    const group = (firstRow: number, batch: SourceBatch): RowGroup => ({
      firstRow,
      facts: null,
      batches: () => [batch],
    });

    async function* ofStream({ from }: Share): AsyncGenerator<RowGroup> {
      if (from > 0) return;
      let firstRow = 0;
      const messages = messagesFrom(descriptor, parts.start, size);
      for (;;) {
        const next = guarded(path, () => messages.next());
        if (next.done === true) return;
        const message = next.value;
        if (message.type === HEADER.DICTIONARY) await reader.addDictionary(message);
        if (message.type !== HEADER.RECORDS) continue;
        const batch = await reader.batch(message);
        yield group(firstRow, batch);
        firstRow += batch.rows;
      }
    }

    async function* ofFile(share: Share, positions: readonly number[]): AsyncGenerator<RowGroup> {
      const [from, to] = rangeOf(share, positions.length);
      let firstRow = 0;
      for (const [i, at] of positions.slice(0, to).entries()) {
        const message = guarded(path, () => recordsAt(descriptor, at, size));
        // Of those before, only how many rows they have.
        if (i >= from) yield group(firstRow, await reader.batch(message));
        firstRow += guarded(path, () => message.header.long(0));
      }
    }

    const { batches } = parts;
    return {
      fields,
      groups: (share) => (batches === null ? ofStream(share) : ofFile(share, batches)),
      close() {
        closeSync(descriptor);
        return Promise.resolve();
      },
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function recordsAt(descriptor: number, at: number, size: number): Message {
  const found = messageAt(descriptor, at, size);
  if (found?.message.type !== HEADER.RECORDS) throw new RangeError('its index contradicts itself');
  return found.message;
}

/** Reads batches and dictionaries of one file. */
class Reader {
  /** Of each dictionary the batches that it is made of: one, and those that only add to it. */
  private readonly parts = new Map<number, RecordBatch[]>();
  private readonly values = new Map<number, ColumnChunk>();
  private readonly indexes = new Map<string, TextIndex>();
  private readonly memory = new BatchMemory();
  private readonly valueFields: ReadonlyMap<number, IpcField>;

  constructor(
    private readonly path: string,
    private readonly descriptor: number,
    private readonly fields: readonly IpcField[],
    private readonly indexTexts: ReadonlySet<string>,
  ) {
    this.valueFields = valueFieldsOf(fields);
  }

  async addDictionary(message: Message): Promise<void> {
    const { id, isDelta, records, field } = guarded(this.path, () => this.dictionaryOf(message));
    const codec = await this.codecOf(records);
    const part = guarded(this.path, () => new RecordBatch(this.descriptor, message, records, [field], codec));
    this.parts.set(id, isDelta ? [...(this.parts.get(id) ?? []), part] : [part]);
    this.values.delete(id);
  }

  private dictionaryOf({ header }: Message): { id: number; isDelta: boolean; records: FlatTable; field: IpcField } {
    const [id, records, isDelta] = [header.long(0), header.table(1), header.byte(2) !== 0];
    const field = this.valueFields.get(id);
    if (records === undefined || field === undefined) throw new RangeError('a dictionary is of no column');
    return { id, isDelta, records, field };
  }

  /** Decoders by their number in Arrow’s Message.fbs. */
  private async codecOf(records: FlatTable): Promise<Decompress | null> {
    const codec = guarded(this.path, () => records.table(3)?.byte(0));
    if (codec === undefined) return null;
    return codec === 0 ? lz4Frame : loadZstandard();
  }

  /** The next batch; the one before is overwritten. */
  async batch(message: Message): Promise<SourceBatch> {
    const codec = await this.codecOf(message.header);
    const batch = guarded(
      this.path,
      () => new RecordBatch(this.descriptor, message, message.header, this.fields, codec, this.memory),
    );
    const chunks = new Map<string, ColumnChunk>();
    return {
      rows: batch.rows,
      column: (name) => {
        let chunk = chunks.get(name);
        if (chunk === undefined) {
          chunk = guarded(this.path, () => this.column(batch, name));
          chunks.set(name, chunk);
        }
        return chunk;
      },
    };
  }

  private column(batch: RecordBatch, name: string): ColumnChunk {
    const place = batch.columns.find(({ field }) => field.name === name)!;
    const chunk = readColumn(batch, place, (id) => this.dictionary(id));
    if (this.indexTexts.has(name) && place.field.kind.domain === 'text' && chunk.layout === 'text') {
      let index = this.indexes.get(name);
      if (index === undefined) this.indexes.set(name, (index = new TextIndex()));
      index.number(chunk);
    }
    return chunk;
  }

  private dictionary(id: number): ColumnChunk {
    const known = this.values.get(id);
    if (known !== undefined) return known;
    const parts = this.parts.get(id);
    if (parts === undefined) throw new RangeError('a column has codes, but there is no dictionary');
    const { kind } = this.valueFields.get(id)!;
    const chunks = parts.map((part) => readColumn(part, part.columns[0]!, (inner) => this.dictionary(inner)));
    // Values may themselves be codes of another dictionary.
    const values = joinChunks(
      chunks.map((chunk) => plainChunk(chunk, kind)),
      kind,
    );
    this.values.set(id, values);
    return values;
  }
}

/** The fields of the values of each dictionary, wherever in the schema it is used. */
function valueFieldsOf(fields: readonly IpcField[]): Map<number, IpcField> {
  const found = new Map<number, IpcField>();
  const visit = (field: IpcField) => {
    if (field.dictionary !== null) found.set(field.dictionary.id, { ...field, dictionary: null });
    for (const child of field.children) visit(child);
  };
  for (const field of fields) visit(field);
  return found;
}

function guarded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unreadableIpc(path, error);
  }
}

function unreadableIpc(path: string, error: unknown): MillraceError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as Arrow IPC: ${reason}`, { cause: error });
}
