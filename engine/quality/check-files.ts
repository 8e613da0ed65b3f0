import { Worker } from 'node:worker_threads';
import type { Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import type { PartitionWindow } from '../../schemas/partition.js';
import type { QualityReport } from '../../schemas/quality-report.js';
import { compiledModule } from '../threads.js';
import type { ScanResult } from './scan-files.js';
import type { ScanMessage, ScanRequest } from './scan-thread.js';
import { validateSuite } from './validate-suite.js';
import { verdictOf } from './verdict.js';

/** What to check. */
export interface CheckFilesOptions {
  /** Paths of Parquet files, which together are the dataset. */
  files: readonly string[];
  /** The rules. */
  suite: Suite;
  /** Window of the partition; its end is the reference of `freshness`. */
  window?: PartitionWindow | undefined;
  /** The clock’s time; by default that of the call. */
  now?: Date | undefined;
  /** Ends the scan; the promise is rejected with the signal’s reason. */
  signal?: AbortSignal | undefined;
  /** Told the number of rows judged so far, about ten times a second, and at the end. */
  onProgress?: ((rows: number) => void) | undefined;
}

/**
 * Judges Parquet files by a suite, in a thread of its own. Bad data is a verdict, not an error; a check that cannot run on the
 * files has the status `error`. Without rows, checks of rows pass with a total of 0, `row_count` counts 0 and `freshness` fails.
 * @throws MillraceError SUITE_INVALID, SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export async function checkFiles(options: CheckFilesOptions): Promise<QualityReport> {
  const { files, suite, window, now = new Date(), signal, onProgress } = options;
  const problems = validateSuite(suite);
  if (problems.length > 0) {
    throw new MillraceError('SUITE_INVALID', `${problems[0]!.path} ${problems[0]!.message}`, { problems });
  }
  if (files.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', 'there are no files to check');
  signal?.throwIfAborted();
  const started = performance.now();
  const windowEnd = window?.end === undefined ? undefined : new Date(window.end);
  const { rows, checks } = await scanInThread({ files, suite, clock: { now, windowEnd } }, signal, onProgress);
  return { verdict: verdictOf(checks), rows, durationMs: performance.now() - started, checks };
}

function scanInThread(
  request: ScanRequest,
  signal: AbortSignal | undefined,
  onProgress: CheckFilesOptions['onProgress'],
): Promise<ScanResult> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(compiledModule(__filename, './scan-thread'), { workerData: request });
    let file = request.files[0]!;
    const settle = (outcome: () => void) => {
      signal?.removeEventListener('abort', abort);
      outcome();
      void worker.terminate();
    };
    const abort = () => settle(() => reject(signal!.reason as Error));
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: ScanMessage) => {
      switch (message.type) {
        case 'file':
          file = message.path;
          return;
        case 'rows':
          onProgress?.(message.rows);
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
  return error.name === 'RuntimeError'
    ? unreadableFile(file, 'its pages are corrupted', error)
    : new MillraceError('INTERNAL', `the check of ${file} failed: ${error.message}`, { cause: error });
}

function unreadableFile(file: string, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('SOURCE_UNREADABLE', `${file} cannot be read as Parquet: ${reason}`, { cause });
}
