import { availableParallelism } from 'node:os';
import { scanHere } from './scan-here.js';
import { fileSizes, mergeAll, type ScanRequest, type ScanResult } from './scan-files.js';
import { NeedsThread } from './sources/open-source.js';
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
  /** Where the scan may go on from, and where it says how far it is; by default it has one segment. */
  checkpoints?: Checkpoints | undefined;
}

/** A scan in segments, so that what was seen is not lost with the process. */
export interface Checkpoints {
  /** A segment has about so many bytes of files. */
  segmentBytes: number;
  /** Where an earlier scan of the same files by the same suite got to. */
  resume?: Checkpoint | undefined;
  /** Told after each segment but the last; awaited before the next one. */
  save(checkpoint: Checkpoint): Promise<void>;
}

/** What the first `done` of `of` segments have shown. */
export interface Checkpoint {
  done: number;
  of: number;
  seen: ScanResult;
}

/**
 * A thread is worth its start from about so many bytes; beside a caller that reads too, and has its modules loaded, from more; and
 * where footers and dictionaries answer, most of the bytes are not read.
 */
const BYTES_A_THREAD = 4 << 20;
const BYTES_A_THREAD_WITH_CALLER = 16 << 20;
const BYTES_A_THREAD_OF_FACTS = 32 << 20;

const MOST_THREADS = 4;

/**
 * Runs a suite over files in threads. Each takes its part of the files, and the states are merged in order.
 * @throws MillraceError as `checkFiles`
 */
export async function runScan(job: ScanJob): Promise<ScanResult> {
  const { checkpoints, ...scan } = job;
  scan.signal?.throwIfAborted();
  const pool = job.pool ?? createScanPool();
  try {
    const sizes = await fileSizes(job.files);
    const bytes = sizes.reduce((sum, size) => sum + size, 0);
    const of = checkpoints?.resume?.of ?? segmentsOf(bytes, checkpoints);
    let seen = checkpoints?.resume?.seen;
    for (let done = checkpoints?.resume?.done ?? 0; done < of; done++) {
      const before = seen?.rows ?? 0;
      const onProgress = (rows: number) => job.onProgress?.(before + rows);
      const segment = await scanSegment({ ...scan, pool, onProgress }, { index: done, of }, bytes / of);
      seen = seen === undefined ? segment : joined(seen, segment);
      if (done + 1 < of) await checkpoints!.save({ done: done + 1, of, seen });
    }
    return seen!;
  } finally {
    if (job.pool === undefined) await pool.close();
  }
}

function segmentsOf(bytes: number, checkpoints: Checkpoints | undefined): number {
  if (checkpoints === undefined) return 1;
  return Math.max(1, Math.ceil(bytes / checkpoints.segmentBytes));
}

async function scanSegment(
  job: Omit<ScanJob, 'checkpoints'> & { pool: ScanPool },
  segment: { index: number; of: number },
  bytes: number,
): Promise<ScanResult> {
  const { threads, pool, useCaller = false, signal, onProgress, ...request } = job;
  const bytesWithCaller = request.fullScan ? BYTES_A_THREAD_WITH_CALLER : BYTES_A_THREAD_OF_FACTS;
  const bytesAThread = useCaller ? bytesWithCaller : BYTES_A_THREAD;
  const most = threads ?? Math.min(availableParallelism(), MOST_THREADS);
  const count = Math.max(1, Math.min(most, Math.ceil(bytes / bytesAThread)));
  const progress = new Array<number>(count).fill(0);
  const failed = new AbortController();
  const stop = AbortSignal.any([failed.signal, ...(signal === undefined ? [] : [signal])]);
  // The caller takes the last part, so that the other threads are on their way before it begins.
  const scan: ScanPool['scan'] = async (part, ...rest) => {
    if (!useCaller || part.part.index % count !== count - 1) return pool.scan(part, ...rest);
    try {
      return await scanHere(part, ...rest);
    } catch (error) {
      if (error instanceof NeedsThread) return pool.scan(part, ...rest);
      throw error;
    }
  };
  const parts = await Promise.all(
    progress.map((_, i) =>
      scan({ ...request, part: { index: segment.index * count + i, of: segment.of * count } }, stop, (rows) => {
        progress[i] = rows;
        onProgress?.(progress.reduce((sum, part) => sum + part, 0));
      }).catch((error: unknown) => {
        // The others end with it; the first error is the one that is told.
        failed.abort(error);
        throw error;
      }),
    ),
  );
  return parts.reduce(joined);
}

/** Two scans of one suite together, the first before the second. */
function joined(before: ScanResult, next: ScanResult): ScanResult {
  return { ...before, rows: before.rows + next.rows, states: mergeAll(before.states, next.states) };
}
