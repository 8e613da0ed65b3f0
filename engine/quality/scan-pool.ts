import { Worker } from 'node:worker_threads';
import { MillraceError } from '../../schemas/errors.js';
import { compiledModule } from '../threads.js';
import type { ScanRequest, ScanResult } from './scan-files.js';
import type { ScanMessage } from './scan-thread.js';

/** Threads for scans. One that is idle is used again, warm; one that failed or was stopped is not. */
export interface ScanPool {
  /**
   * Scans in a thread of its own.
   * @param signal ends the thread; the promise is rejected with the signal’s reason
   */
  scan(request: ScanRequest, signal: AbortSignal, onRows: (rows: number) => void): Promise<ScanResult>;
  /** Ends the idle threads, and the others as they become idle. */
  close(): Promise<void>;
}

/**
 * Objects of a thread, in MiB; values lie outside of them. Engines end the process where one array grows past a gigabyte, so a thread
 * that is led astray by its file ends before.
 */
const THREAD_HEAP_MB = 1024;

/** Starts no thread yet. Keeps as many as were ever busy at once; they do not keep the process alive. */
export function createScanPool(): ScanPool {
  const idle: Worker[] = [];
  let closed = false;
  return {
    async scan(request, signal, onRows) {
      signal.throwIfAborted();
      const worker = idle.pop() ?? startThread();
      worker.ref();
      try {
        const result = await scanIn(worker, request, signal, onRows);
        if (closed) await worker.terminate();
        else {
          worker.unref();
          idle.push(worker);
        }
        return result;
      } catch (error) {
        void worker.terminate();
        throw error;
      }
    },
    async close() {
      closed = true;
      await Promise.all(idle.splice(0).map((worker) => worker.terminate()));
    },
  };
}

function startThread(): Worker {
  const resourceLimits = { maxOldGenerationSizeMb: THREAD_HEAP_MB };
  return new Worker(compiledModule(__filename, './scan-thread'), { resourceLimits });
}

function scanIn(
  worker: Worker,
  request: ScanRequest,
  signal: AbortSignal,
  onRows: (rows: number) => void,
): Promise<ScanResult> {
  return new Promise((resolve, reject) => {
    let file = request.files[0]!;
    const settle = (outcome: () => void) => {
      signal.removeEventListener('abort', abort);
      // By name: without one, Node’s own listeners go too, and the thread is never heard again.
      for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
      outcome();
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
    worker.on('error', (error: Error) => settle(() => reject(scanError(error, file))));
    // Without an answer, the decoder has stopped in the middle.
    worker.on('exit', () => settle(() => reject(unreadableFile(file, 'the decoder gave no answer'))));
    worker.postMessage(request);
  });
}

/**
 * What ended a scan, as an error of the table. A trap of the WebAssembly decoder means that the file is corrupted in a way it does
 * not foresee.
 */
export function scanError(error: Error, file: string): MillraceError {
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
