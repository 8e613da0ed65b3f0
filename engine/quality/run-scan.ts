import { availableParallelism } from 'node:os';
import { stat } from 'node:fs/promises';
import { scanHere } from './scan-here.js';
import { mergeAll, type ScanRequest, type ScanResult } from './scan-files.js';
import { createScanPool, type ScanPool } from './scan-pool.js';

/** What is scanned, and in how many threads. */
export interface ScanJob extends Omit<ScanRequest, 'part'> {
  /** At most so many threads; by default as many as there are processors, four at most. */
  threads?: number | undefined;
  /** Threads that are kept between calls; by default they are started and ended here. */
  pool?: ScanPool | undefined;
  /**
   * Whether the calling thread is one of them, which saves the start of a thread. For programs that have nothing else to do: other
   * work of this thread waits for up to a tenth of a second. By default the calling thread stays free.
   */
  useCaller?: boolean | undefined;
  signal?: AbortSignal | undefined;
  /** Told the number of rows judged so far, about ten times a second, and at the end. */
  onProgress?: ((rows: number) => void) | undefined;
}

/** A thread is worth its start from about so many bytes; where footers and dictionaries answer, most of the bytes are not read. */
const BYTES_A_THREAD = 4 << 20;
const BYTES_A_THREAD_OF_FACTS = 32 << 20;

const MOST_THREADS = 4;

/**
 * Runs a suite over files in threads. Each takes its share of every file’s row groups, and the states are merged in order.
 * @throws MillraceError as `checkFiles`
 */
export async function runScan(job: ScanJob): Promise<ScanResult> {
  const { threads, pool: kept, useCaller = false, signal, onProgress, ...request } = job;
  signal?.throwIfAborted();
  const bytesAThread = useCaller && !request.fullScan ? BYTES_A_THREAD_OF_FACTS : BYTES_A_THREAD;
  const most = threads ?? Math.min(availableParallelism(), MOST_THREADS);
  const of = await threadsFor(request.files, most, bytesAThread);
  const progress = new Array<number>(of).fill(0);
  const failed = new AbortController();
  const pool = kept ?? createScanPool();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  // The caller takes the last share, so that the other threads are on their way before it begins.
  const scan: ScanPool['scan'] = (part, ...rest) =>
    useCaller && part.part.index === of - 1 ? scanHere(part, ...rest) : pool.scan(part, ...rest);
  const parts = await Promise.all(
    progress.map((_, index) =>
      scan({ ...request, part: { index, of } }, stop, (rows) => {
        progress[index] = rows;
        onProgress?.(progress.reduce((sum, part) => sum + part, 0));
      }).catch((error: unknown) => {
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

async function threadsFor(files: readonly string[], most: number, bytesAThread: number): Promise<number> {
  const sizes = await Promise.all(
    files.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return Math.max(1, Math.min(most, Math.ceil(bytes / bytesAThread)));
}
