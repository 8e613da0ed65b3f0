import { fieldsOf } from '../arrow-kind.js';
import { openParquet, unreadable } from '../parquet-batches.js';
import { ArrowBatches } from './arrow-batches.js';
import { rangeOf, type Part, type RowGroup, type RowSource, type SourceBatch } from './row-source.js';

/**
 * A Parquet file, row group by row group.
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function openParquetSource(path: string, indexTexts: ReadonlySet<string>): Promise<RowSource> {
  const file = await openParquet(path);
  const arrow = new ArrowBatches(indexTexts);
  return {
    fields: fieldsOf(file.schema),
    *groups(part: Part): Generator<RowGroup> {
      const [from, to] = rangeOf(part, file.groupRows.length);
      let firstRow = file.groupRows.slice(0, from).reduce((sum, rows) => sum + rows, 0);
      for (let group = from; group < to; group++) {
        const rows = file.groupRows[group]!;
        const facts = { rows, nullCount: () => undefined, valuesWithin: () => undefined };
        yield {
          firstRow,
          facts,
          async *batches(columns, rare): AsyncGenerator<SourceBatch> {
            let read = 0;
            for await (const batch of file.groupBatches(group, [...columns, ...rare])) {
              read += batch.numRows;
              yield arrow.next(batch);
            }
            if (read !== rows)
              throw unreadable(path, new Error(`its footer promises ${rows} rows, and ${read} are there`));
          },
        };
        firstRow += rows;
      }
    },
    async close() {},
  };
}
