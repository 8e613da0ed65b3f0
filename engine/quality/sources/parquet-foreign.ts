import { fieldsOf } from '../arrow-kind.js';
import type { Field } from '../column-kind.js';
import { openParquet } from '../parquet-batches.js';
import { ArrowBatches } from './arrow-batches.js';
import type { SourceBatch } from './row-source.js';

/** Columns of a Parquet file through the general decoder. */
export interface ForeignColumns {
  fields: ReadonlyMap<string, Field>;
  batches(group: number, columns: readonly string[]): AsyncIterable<SourceBatch>;
}

/**
 * Opens a Parquet file in the general decoder, which is WebAssembly: some corrupted files make it trap, which ends the thread.
 * @param indexTexts text columns whose distinct values are numbered
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function openForeign(path: string, indexTexts: ReadonlySet<string>): Promise<ForeignColumns> {
  const file = await openParquet(path);
  const arrow = new ArrowBatches(indexTexts);
  return {
    fields: new Map(fieldsOf(file.schema).map((field) => [field.name, field])),
    async *batches(group, columns) {
      for await (const batch of file.groupBatches(group, columns)) yield arrow.next(batch);
    },
  };
}
