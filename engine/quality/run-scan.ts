import { availableParallelism } from 'node:os';
import { stat } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../schemas/errors.js';
import { compiledModule } from '../threads.js';
import { mergeAll, type ScanRequest, type ScanResult } from './scan-files.js';
import type { ScanMessage } from './scan-thread.js';

/** What is scanned, and in how many threads. */
export interface ScanJob extends Omit<ScanRequest, 'part'> {
  /** At most so many threads; by default as many as there are processors, four at most. */
  threads?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told the number of rows judged so far, about ten times a second, and at the end. */
  onProgress?: ((rows: number) => void) | undefined;
}

/** A thread is worth its start from about so many bytes. */
const BYTES_A_THREAD = 4 << 20;

const MOST_THREADS = 4;

/**
 * Runs a suite over files in worker threads. Each takes its share of every file’s row groups, and the states are merged in order.
 * @throws MillraceError as `checkFiles`
 */
export async function runScan(job: ScanJob): Promise<ScanResult> {
  const { threads, signal, onProgress, ...request } = job;
  signal?.throwIfAborted();
  const of = await threadsFor(request.files, threads ?? Math.min(availableParallelism(), MOST_THREADS));
  const progress = new Array<number>(of).fill(0);
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const parts = await Promise.all(
    progress.map((_, index) =>
      scanInThread({ ...request, part: { index, of } }, stop, (rows) => {
        progress[index] = rows;
        onProgress?.(progress.reduce((sum, part) => sum + part, 0));
      }).catch((error: unknown) => {
        // The others end with it; the first error is the one that is told.
        failed.abort(error);
        throw error;
      }),
    ),
  );
  const [first, ...rest] = parts as [ScanResult, ...ScanResult[]];
  return rest.reduce(
    (all, part) => ({ ...all, rows: all.rows + part.rows, states: mergeAll(all.states, part.states) }),
    first,
  );
}

async function threadsFor(files: readonly string[], most: number): Promise<number> {
  const sizes = await Promise.all(
    files.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return Math.max(1, Math.min(most, Math.ceil(bytes / BYTES_A_THREAD)));
}

function scanInThread(request: ScanRequest, signal: AbortSignal, onRows: (rows: number) => void): Promise<ScanResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(compiledModule(__filename, './scan-thread'), { workerData: request });
    let file = request.files[0]!;
    const settle = (outcome: () => void) => {
      signal.removeEventListener('abort', abort);
      outcome();
      void worker.terminate();
    };
    const abort = () => settle(() => reject(signal.reason as Error));
    signal.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: ScanMessage) => {
      switch (message.type) {
        case 'file':
          file = message.path;
          return;
        case 'rows':
          onRows(message.rows);
          return;
        case 'done':
          settle(() => resolve(message.result));
          return;
        case 'failed':
          settle(() => reject(new MillraceError(message.code, message.message, { problems: message.problems })));
          return;
        default:
          message satisfies never;
      }
    });
    worker.on('error', (error: Error) => settle(() => reject(threadError(error, file))));
    // After an answer this changes nothing: a promise settles once. Without one, the decoder has stopped in the middle.
    worker.on('exit', () => settle(() => reject(unreadableFile(file, 'the decoder gave no answer'))));
  });
}

/** A trap of the WebAssembly decoder means that the file is corrupted in a way it does not foresee. */
function threadError(error: Error, file: string): MillraceError {
  // The name, since the class is another one in each realm.
  if (error.name === 'RuntimeError') return unreadableFile(file, 'its pages are corrupted', error);
  if ((error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY') {
    return unreadableFile(file, 'it needs more memory than a thread has', error);
  }
  return new MillraceError('INTERNAL', `the check of ${file} failed: ${error.message}`, { cause: error });
}

function unreadableFile(file: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('SOURCE_UNREADABLE', `${file} cannot be read: ${reason}`, { cause });
}
