import { parentPort } from 'node:worker_threads';
import { isMillraceError, type ErrorCode } from '../../schemas/errors.js';
import type { Problem } from '../../schemas/problems.js';
import { scanFiles, type ScanRequest, type ScanResult } from './scan-files.js';

/** What the thread posts for each request: any number of `file` and `rows`, then one `done` or `failed`. */
export type ScanMessage =
  | { type: 'file'; path: string }
  | { type: 'rows'; rows: number }
  | { type: 'done'; result: ScanResult }
  | { type: 'failed'; code: ErrorCode; message: string; problems: readonly Problem[] };

/** Least time between two messages on progress, in milliseconds. */
const PROGRESS_MS = 100;

async function run(request: ScanRequest): Promise<void> {
  const post = (message: ScanMessage) => parentPort!.postMessage(message);
  let told = performance.now();
  try {
    const result = await scanFiles(request, {
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

parentPort!.on('message', (request: ScanRequest) => void run(request));
