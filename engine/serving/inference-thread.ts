import { parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelSignature, TensorType } from '../../schemas/index.js';
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

/** Types of onnxruntime by those of the protocol. */
const ORT_TYPES = {
  BOOL: 'bool',
  INT32: 'int32',
  INT64: 'int64',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<TensorType, Tensor.Type>;

const FATAL = 4;

async function openSession({ modelPath, signature }: InferenceThreadData): Promise<InferenceSession> {
  const session = await InferenceSession.create(modelPath, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    // Errors of a run come back as exceptions; onnxruntime would print them as well, with values of the request.
    logSeverityLevel: FATAL,
  });
  checkSignature(session, signature);
  return session;
}

function checkSignature(session: InferenceSession, signature: ModelSignature): void {
  const wanted = new Map(signature.inputs.map((input) => [input.name, ORT_TYPES[input.datatype]]));
  for (const input of session.inputMetadata) {
    const type = wanted.get(input.name);
    if (type === undefined) throw new Error(`the graph’s input ${input.name} is not in the signature`);
    const actual = input.isTensor ? input.type : 'no tensor';
    if (actual !== type) throw new Error(`input ${input.name} is ${actual} in the graph, ${type} in the signature`);
    wanted.delete(input.name);
  }
  const [absent] = wanted.keys();
  if (absent !== undefined) throw new Error(`the graph has no input ${absent}`);
  const { output, column } = signature.score;
  const score = session.outputMetadata.find((metadata) => metadata.name === output);
  if (score === undefined) {
    throw new Error(`the graph has no output ${output}; it has ${session.outputNames.join(', ')}`);
  }
  if (!score.isTensor || !['float32', 'float64'].includes(score.type)) {
    throw new Error(`output ${output} is not a tensor of real numbers`);
  }
  const width = score.shape.length > 1 ? score.shape[1] : 1;
  if (typeof width === 'number' && column >= width) {
    throw new Error(`output ${output} has ${width} columns, so there is no column ${column}`);
  }
}

/** Scores of a batch. A score that is no number is an error of the model: nobody could use it, and JSON has no word for it. */
async function score(session: InferenceSession, signature: ModelSignature, batch: Batch): Promise<Float32Array> {
  const feeds: Record<string, Tensor> = {};
  signature.inputs.forEach(({ name, datatype }, index) => {
    // The column was made for this datatype; onnxruntime's overloads cannot be chosen by a variable.
    const values = batch.columns[index] as Float32Array;
    feeds[name] = new Tensor(ORT_TYPES[datatype] as 'float32', values, [batch.rows, 1]);
  });
  const { output, column } = signature.score;
  const results = await session.run(feeds, [output]);
  const data = results[output]?.data as Float32Array | Float64Array;
  const width = data.length / batch.rows;
  if (!Number.isInteger(width) || column >= width) {
    throw new Error(`output ${output} has ${data.length} values for ${batch.rows} rows`);
  }
  const scores = new Float32Array(batch.rows);
  for (let row = 0; row < batch.rows; row += 1) {
    const value = data[row * width + column] as number;
    if (!Number.isFinite(value)) throw new Error(`the score is ${value}`);
    scores[row] = value;
  }
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
    session = await openSession(data);
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
