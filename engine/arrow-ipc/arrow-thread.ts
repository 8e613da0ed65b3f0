import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import {
  CompressionType,
  compressionRegistry,
  RecordBatchReader,
  Table,
  tableToIPC,
  type RecordBatch,
} from 'apache-arrow';
import { Table as WasmTable, writeParquet } from 'parquet-wasm';
import { decompressLz4Frame } from './lz4-frame.js';
import type { ArrowMessage, ArrowRequest } from './arrow-to-parquet.js';

/** Rows that are put into one Parquet file; batches of a source may be as small as one row. */
const ROWS_AT_ONCE = 122_880;

const say = (message: ArrowMessage) => parentPort?.postMessage(message);

async function main({ files, folder }: ArrowRequest): Promise<void> {
  const { ZSTDDecoder } = await import('zstddec');
  const zstd = new ZSTDDecoder();
  await zstd.init();
  compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: decompressLz4Frame });
  compressionRegistry.set(CompressionType.ZSTD, { decode: (data: Uint8Array) => zstd.decode(data) });
  const written: string[] = [];
  let rows = 0;
  for (const file of files) {
    const handle = await open(file);
    try {
      const write = async (batches: RecordBatch[]) => {
        const path = join(folder, `arrow-${String(written.length).padStart(6, '0')}.parquet`);
        const table = WasmTable.fromIPCStream(tableToIPC(new Table(batches), 'stream'));
        await writeFile(path, writeParquet(table), { flag: 'wx' });
        written.push(path);
        say({ type: 'rows', rows });
      };
      const before = written.length;
      let batches: RecordBatch[] = [];
      let waiting = 0;
      const reader = await RecordBatchReader.from(handle);
      await reader.open();
      for await (const batch of reader) {
        batches.push(batch);
        waiting += batch.numRows;
        rows += batch.numRows;
        if (waiting < ROWS_AT_ONCE) continue;
        await write(batches);
        [batches, waiting] = [[], 0];
      }
      if (batches.length > 0) await write(batches);
      // No rows, but columns: without a file they would be lost.
      else if (written.length === before) await write(new Table(reader.schema).batches);
    } catch (error) {
      say({ type: 'failed', file, message: error instanceof Error ? error.message : String(error) });
      return;
    } finally {
      await handle.close().catch(() => undefined);
    }
  }
  say({ type: 'done', files: written });
}

void main(workerData as ArrowRequest);
