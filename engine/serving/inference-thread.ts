import { parentPort, workerData } from 'node:worker_threads';
import type { InferenceSession } from 'onnxruntime-node';
import type { ModelSignature } from '../../schemas/index.js';
import { openSession, scoreRows } from '../onnx-session.js';
import { type Batch, neutralColumn, sliceBatch } from './tensor-column.js';

/**
 * A worker thread that holds one session of one model. `run` of onnxruntime-node blocks the event loop that it is called
 * on, so no session lives on the thread that answers HTTP.
 */

/** What the thread is started with. */
export interface InferenceThreadData {
  modelPath: string;
  signature: ModelSignature;
}

/** One batch: the rows of several requests, one after the other. */
export interface InferenceThreadRequest {
  batch: Batch;
  /** Rows of each request. */
  rowCounts: number[];
}

export type InferenceThreadMessage =
  | { type: 'ready' }
  | { type: 'unloadable'; message: string }
  | { type: 'answer'; scores: Float32Array; failures: (string | null)[] };

/** Scores of a batch. A score that is no number is an error of the model: nobody could use it, and JSON has no word for it. */
async function score(session: InferenceSession, signature: ModelSignature, batch: Batch): Promise<Float32Array> {
  const scores = new Float32Array(await scoreRows(session, signature, { rows: batch.rows, inputs: batch.columns }));
  const wrong = scores.find((value) => !Number.isFinite(value));
  if (wrong !== undefined) throw new Error(`the score is ${wrong}`);
  return scores;
}

/** Runs the requests as one batch; where that fails, one by one, so that only the one at fault fails. */
async function answer(
  session: InferenceSession,
  signature: ModelSignature,
  request: InferenceThreadRequest,
): Promise<InferenceThreadMessage & { type: 'answer' }> {
  const { batch, rowCounts } = request;
  const failures = new Array<string | null>(rowCounts.length).fill(null);
  try {
    return { type: 'answer', scores: await score(session, signature, batch), failures };
  } catch (error) {
    if (rowCounts.length === 1)
      return { type: 'answer', scores: new Float32Array(batch.rows), failures: [text(error)] };
  }
  const scores = new Float32Array(batch.rows);
  let start = 0;
  for (const [index, rows] of rowCounts.entries()) {
    try {
      scores.set(await score(session, signature, sliceBatch(batch, start, start + rows)), start);
    } catch (error) {
      failures[index] = text(error);
    }
    start += rows;
  }
  return { type: 'answer', scores, failures };
}

/** The first run allocates and may be a hundred times slower. The neutral row may lie outside the model's domain: that is no error. */
async function warmUp(session: InferenceSession, signature: ModelSignature): Promise<void> {
  const columns = signature.inputs.map((input) => neutralColumn(input.datatype, 1));
  for (let run = 0; run < 3; run += 1) await score(session, signature, { rows: 1, columns }).catch(() => undefined);
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function main(port: NonNullable<typeof parentPort>): Promise<void> {
  const data = workerData as InferenceThreadData;
  const post = (message: InferenceThreadMessage): void => port.postMessage(message);
  let session: InferenceSession;
  try {
    session = await openSession(data.modelPath, data.signature);
  } catch (error) {
    post({ type: 'unloadable', message: text(error) });
    return;
  }
  await warmUp(session, data.signature);
  port.on('message', (request: InferenceThreadRequest | 'end') => {
    if (request === 'end') {
      void session.release().finally(() => port.close());
      return;
    }
    void answer(session, data.signature, request).then(post);
  });
  post({ type: 'ready' });
}

if (parentPort !== null) void main(parentPort);
