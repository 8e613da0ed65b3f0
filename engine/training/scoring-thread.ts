import { parentPort, workerData } from 'node:worker_threads';
import { isMillraceError } from '../../schemas/index.js';
import { openSession } from '../onnx-session.js';
import { readColumns } from './model-columns.js';
import type { ScoredRows, ScoringMessage, ScoringRequest } from './scoring.js';
import { scoreColumns } from './score-columns.js';

/** A thread that scores files with a model: onnxruntime-node blocks the event loop that it is called on. */

async function score({ modelPath, signature, files, columns = [], stop }: ScoringRequest): Promise<ScoredRows> {
  const session = await openSession(modelPath, signature);
  try {
    const read = await readColumns(files, signature.inputs, columns);
    const stopped = (): boolean => Atomics.load(stop, 0) === 1;
    return { scores: await scoreColumns(session, signature, read, stopped), columns: read.extra };
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
