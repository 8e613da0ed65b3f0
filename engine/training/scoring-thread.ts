import { parentPort, workerData } from 'node:worker_threads';
import { isMillraceError, type ErrorCode } from '../../schemas/index.js';
import { readColumns } from './model-columns.js';
import { openSession, scoreColumns } from './onnx-session.js';
import type { ScoreFilesOptions, ScoredRows } from './scoring.js';

/** A thread that scores files with a model: onnxruntime-node blocks the event loop that it is called on. */

export type ScoringRequest = Pick<ScoreFilesOptions, 'modelPath' | 'signature' | 'files' | 'columns'>;

export type ScoringMessage =
  { type: 'done'; result: ScoredRows } | { type: 'failed'; code: ErrorCode; message: string };

async function score({ modelPath, signature, files, columns = [] }: ScoringRequest): Promise<ScoredRows> {
  const session = await openSession(modelPath, signature);
  try {
    const read = await readColumns(files, signature.inputs, columns);
    return { scores: await scoreColumns(session, signature, read), columns: read.extra };
  } finally {
    await session.release();
  }
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  try {
    const result = await score(workerData as ScoringRequest);
    port.postMessage({ type: 'done', result } satisfies ScoringMessage);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    port.postMessage({ type: 'failed', code: error.code, message: error.message } satisfies ScoringMessage);
  }
}

if (parentPort !== null) void main(parentPort);
