import { createReadStream } from 'node:fs';
import { RecordBatchReader, type RecordBatch, type Schema } from 'apache-arrow';
import { MillraceError } from '../../../schemas/errors.js';
import { fieldsOf } from '../arrow-kind.js';
import { ArrowBatches } from './arrow-batches.js';
import { refuseBrokenColumn, refuseTooLong } from './arrow-soundness.js';
import type { RowGroup, RowSource, Share, SourceBatch } from './row-source.js';

/**
 * An Arrow IPC file or stream, read batch by batch. It cannot be entered in the middle, so who has its beginning has the whole.
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function openIpc(path: string, indexTexts: ReadonlySet<string>): Promise<RowSource> {
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  const { reader, fields } = await guarded(path, async () => {
    const opened = await RecordBatchReader.from(stream);
    await opened.open();
    // Where the bytes end before the schema, there is none, whatever the type says.
    const schema = opened.schema as Schema | undefined;
    if (schema === undefined) throw new RangeError('it has no schema');
    if (schema.fields.some(({ name }) => typeof name !== 'string')) throw new RangeError('a column has no name');
    return { reader: opened, fields: fieldsOf(schema) };
  });
  const batches = new ArrowBatches(indexTexts);
  return {
    fields,
    async *groups({ from }: Share): AsyncGenerator<RowGroup> {
      if (from > 0) return;
      let firstRow = 0;
      const records = reader[Symbol.asyncIterator]() as AsyncIterator<RecordBatch>;
      for (;;) {
        const next = await guarded(path, () => Promise.resolve(records.next()));
        if (next.done === true) return;
        const record = next.value;
        yield { firstRow, facts: null, batches: () => [checkedBatch(path, record, batches)] };
        firstRow += record.numRows;
      }
    },
    async close() {
      await reader.cancel();
      stream.destroy();
    },
  };
}

/** A batch whose columns are looked at for contradictions before they are read. */
function checkedBatch(path: string, record: RecordBatch, batches: ArrowBatches): SourceBatch {
  try {
    refuseTooLong(record.numRows);
  } catch (error) {
    throw unreadableIpc(path, error);
  }
  const batch = batches.next(record);
  return {
    rows: batch.rows,
    column(name) {
      try {
        refuseBrokenColumn(record.data.children[record.schema.fields.findIndex((field) => field.name === name)]!);
        return batch.column(name);
      } catch (error) {
        throw unreadableIpc(path, error);
      }
    },
  };
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unreadableIpc(path, error);
  }
}

function unreadableIpc(path: string, error: unknown): MillraceError {
  const reason = error instanceof Error ? error.message : String(error);
  return new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as Arrow IPC: ${reason}`, { cause: error });
}
