import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../schemas/errors.js';
import { compiledModule } from '../threads.js';

/** What the thread is given. */
export interface ArrowRequest {
  files: string[];
  folder: string;
}

/** What the thread says. */
export type ArrowMessage =
  | { type: 'rows'; rows: number }
  | { type: 'done'; files: string[] }
  | { type: 'failed'; file: string; message: string };

/** Where Parquet is written to, what ends the work, and who is told how far it is. */
export interface ArrowToParquetOptions {
  folder: string;
  signal?: AbortSignal | undefined;
  onProgress?: ((message: string) => void) | undefined;
}

/**
 * Rewrites Arrow IPC, which DuckDB does not read by itself, as Parquet, some batches at a time, in a thread of its own.
 * @returns paths of the Parquet files, in the order of the rows
 * @throws MillraceError SOURCE_UNREADABLE
 */
export function arrowToParquet(
  files: string[],
  { folder, signal, onProgress }: ArrowToParquetOptions,
): Promise<string[]> {
  signal?.throwIfAborted();
  const workerData: ArrowRequest = { files, folder };
  return new Promise((resolve, reject) => {
    const worker = new Worker(compiledModule(__filename, './arrow-thread'), { workerData });
    const settle = (outcome: () => void) => {
      signal?.removeEventListener('abort', abort);
      outcome();
      void worker.terminate();
    };
    const abort = () => settle(() => reject(signal?.reason as Error));
    const refuse = (message: string, cause?: unknown) =>
      settle(() => reject(new MillraceError('SOURCE_UNREADABLE', message, { cause })));
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: ArrowMessage) => {
      if (message.type === 'rows') onProgress?.(`read ${message.rows} rows of Arrow`);
      else if (message.type === 'done') settle(() => resolve(message.files));
      else refuse(`${message.file} as arrow: ${message.message}`);
    });
    worker.on('error', (error: Error) => refuse(`${files.join(', ')} as arrow: ${error.message}`, error));
    worker.on('exit', (code) => refuse(`${files.join(', ')} as arrow: the decoder ended with ${code}`));
  });
}
