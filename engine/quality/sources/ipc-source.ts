import { createReadStream } from 'node:fs';
import { RecordBatchReader, type RecordBatch } from 'apache-arrow';
import { MillraceError } from '../../../schemas/errors.js';
import { fieldsOf } from '../arrow-kind.js';
import { ArrowBatches } from './arrow-batches.js';
import type { RowGroup, RowSource, Share } from './row-source.js';

/**
 * An Arrow IPC file or stream, read batch by batch. It cannot be entered in the middle, so who has its beginning has the whole.
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function openIpc(path: string, indexTexts: ReadonlySet<string>): Promise<RowSource> {
  const stream = createReadStream(path, { highWaterMark: 1 << 20 });
  const reader = await guarded(path, async () => {
    const opened = await RecordBatchReader.from(stream);
    await opened.open();
    return opened;
  });
  const batches = new ArrowBatches(indexTexts);
  return {
    fields: fieldsOf(reader.schema),
    async *groups({ from }: Share): AsyncGenerator<RowGroup> {
      if (from > 0) return;
      let firstRow = 0;
      const records = reader[Symbol.asyncIterator]() as AsyncIterator<RecordBatch>;
      for (;;) {
        const next = await guarded(path, () => Promise.resolve(records.next()));
        if (next.done === true) return;
        const record = next.value;
        yield { firstRow, facts: null, batches: () => [batches.next(record)] };
        firstRow += record.numRows;
      }
    },
    async close() {
      await reader.cancel();
      stream.destroy();
    },
  };
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as Arrow IPC: ${reason}`, { cause: error });
  }
}
