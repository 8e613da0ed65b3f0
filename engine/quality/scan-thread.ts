import { parentPort, workerData } from 'node:worker_threads';
import type { Suite } from '../../schemas/check.js';
import { isMillraceError, type ErrorCode } from '../../schemas/errors.js';
import type { Problem } from '../../schemas/problems.js';
import { scanFiles, type ScanResult } from './scan-files.js';
import type { Clock } from './verdict.js';

/** What the thread is started with. */
export interface ScanRequest {
  files: readonly string[];
  suite: Suite;
  clock: Clock;
}

/** What the thread posts: any number of `file` and `rows`, then one `done` or `failed`. */
export type ScanMessage =
  | { type: 'file'; path: string }
  | { type: 'rows'; rows: number }
  | { type: 'done'; result: ScanResult }
  | { type: 'failed'; code: ErrorCode; message: string; problems: readonly Problem[] };

/** Least time between two messages on progress, in milliseconds. */
const PROGRESS_MS = 100;

async function run(): Promise<void> {
  const { files, suite, clock } = workerData as ScanRequest;
  const post = (message: ScanMessage) => parentPort!.postMessage(message);
  let told = performance.now();
  try {
    const result = await scanFiles(files, suite, clock, {
      onFile: (path) => post({ type: 'file', path }),
      onRows(rows) {
        if (performance.now() - told < PROGRESS_MS) return;
        told = performance.now();
        post({ type: 'rows', rows });
      },
    });
    post({ type: 'rows', rows: result.rows });
    post({ type: 'done', result });
  } catch (error) {
    // Errors lose their class between threads, so the parts are sent.
    if (!isMillraceError(error)) throw error;
    post({ type: 'failed', code: error.code, message: error.message, problems: error.problems });
  }
}

void run();
