import { availableParallelism } from 'node:os';
import { stat } from 'node:fs/promises';
import { mergeAll, type ScanRequest, type ScanResult } from './scan-files.js';
import { createScanPool, type ScanPool } from './scan-pool.js';

/** What is scanned, and in how many threads. */
export interface ScanJob extends Omit<ScanRequest, 'part'> {
  /** At most so many threads; by default as many as there are processors, four at most. */
  threads?: number | undefined;
  /** Threads that are kept between calls; by default they are started and ended here. */
  pool?: ScanPool | undefined;
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
  const { threads, pool: kept, signal, onProgress, ...request } = job;
  signal?.throwIfAborted();
  const of = await threadsFor(request.files, threads ?? Math.min(availableParallelism(), MOST_THREADS));
  const progress = new Array<number>(of).fill(0);
  const failed = new AbortController();
  const pool = kept ?? createScanPool();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  const parts = await Promise.all(
    progress.map((_, index) =>
      pool
        .scan({ ...request, part: { index, of } }, stop, (rows) => {
          progress[index] = rows;
          onProgress?.(progress.reduce((sum, part) => sum + part, 0));
        })
        .catch((error: unknown) => {
          // The others end with it; the first error is the one that is told.
          failed.abort(error);
          throw error;
        }),
    ),
  ).finally(() => (kept === undefined ? pool.close() : undefined));
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
