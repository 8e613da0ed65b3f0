import { Worker } from 'node:worker_threads';
import { MillraceError, type ErrorCode, type ModelSignature } from '../../schemas/index.js';
import { compiledModule } from '../threads.js';

export interface ScoreFilesOptions {
  /** Path of the ONNX file. */
  modelPath: string;
  signature: ModelSignature;
  /** Paths of Parquet files that have the columns which the signature names. */
  files: readonly string[];
  /** Numeric or boolean columns that are returned beside the scores. */
  columns?: readonly string[] | undefined;
  /** Ends the scoring; the promise is rejected with the signal’s reason. */
  signal?: AbortSignal | undefined;
}

/** Scores of rows, in the order of the files. */
export interface ScoredRows {
  scores: Float64Array;
  /** The columns asked for, as numbers: false is 0, true is 1, a null is NaN. */
  columns: Record<string, Float64Array>;
}

/** What the scoring thread is started with. */
export interface ScoringRequest extends Pick<ScoreFilesOptions, 'modelPath' | 'signature' | 'files' | 'columns'> {
  /** Its first element is 1 once nobody waits for the scores any more. */
  stop: Int32Array<SharedArrayBuffer>;
}

/** What the scoring thread answers. */
export type ScoringMessage =
  { type: 'done'; result: ScoredRows } | { type: 'failed'; code: ErrorCode; message: string };

/**
 * Scores all rows of Parquet files, in a thread of its own. A thread whose scores nobody waits for any more ends after the rows
 * that it is at: terminated in native code, onnxruntime-node would abort the process.
 * @throws MillraceError MODEL_UNLOADABLE for a graph that cannot be loaded, does not fit its signature or fails on the rows;
 *   EVALUATION_IMPOSSIBLE for columns that the rows do not have; SOURCE_NOT_FOUND, SOURCE_EMPTY, SOURCE_UNREADABLE
 */
export function scoreFiles({ signal, ...options }: ScoreFilesOptions): Promise<ScoredRows> {
  const { modelPath, signature, files, columns } = options;
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const workerData: ScoringRequest = { modelPath, signature, files, columns, stop };
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const worker = new Worker(compiledModule(__filename, './scoring-thread'), { workerData });
    let settled = false;
    const settle = (outcome: () => void): void => {
      // The thread exits afterwards, which is no outcome then.
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', abort);
      outcome();
    };
    const abort = (): void => {
      Atomics.store(stop, 0, 1);
      settle(() => reject(signal?.reason as Error));
    };
    signal?.addEventListener('abort', abort, { once: true });
    worker.on('message', (message: ScoringMessage) =>
      settle(() =>
        message.type === 'done'
          ? resolve(message.result)
          : reject(new MillraceError(message.code, `${modelPath}: ${message.message}`)),
      ),
    );
    // The Parquet decoder traps on some corrupted files, which ends the thread.
    worker.on('error', (cause: Error) =>
      settle(() => reject(new MillraceError('SOURCE_UNREADABLE', `${files.join(', ')}: ${cause.message}`, { cause }))),
    );
    worker.on('exit', (code) =>
      settle(() => reject(new MillraceError('INTERNAL', `the scoring thread ended with code ${code}`))),
    );
  });
}
