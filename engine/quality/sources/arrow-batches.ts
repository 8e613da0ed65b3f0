import type { RecordBatch } from 'apache-arrow';
import { ColumnReader } from '../arrow-column.js';
import type { ColumnChunk } from '../column-chunk.js';
import type { SourceBatch } from './row-source.js';

/** Turns record batches of one schema into batches of the scan. */
export class ArrowBatches {
  private readonly readers = new Map<string, ColumnReader>();

  /** @param indexTexts columns whose distinct texts are numbered, so that each is judged once */
  constructor(private readonly indexTexts: ReadonlySet<string>) {}

  /** The next batch; the one before is overwritten. */
  next(batch: RecordBatch): SourceBatch {
    const chunks = new Map<string, ColumnChunk>();
    return {
      rows: batch.numRows,
      column: (name) => {
        const known = chunks.get(name);
        if (known) return known;
        const chunk = this.read(name, batch);
        chunks.set(name, chunk);
        return chunk;
      },
    };
  }

  private read(name: string, { schema, data }: RecordBatch): ColumnChunk {
    const index = schema.fields.findIndex((field) => field.name === name);
    let reader = this.readers.get(name);
    if (reader === undefined) {
      reader = new ColumnReader(data.children[index]!.type, this.indexTexts.has(name));
      this.readers.set(name, reader);
    }
    return reader.read(data.children[index]!);
  }
}
