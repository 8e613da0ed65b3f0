import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError, type ModelSignature, type TensorType } from '../../schemas/index.js';
import type { ModelColumns } from './model-columns.js';

/** Rows that are scored at once. */
const BATCH_ROWS = 4_096;

/** Log level of onnxruntime: fatal. Errors come back as exceptions. */
const FATAL = 4;

const ORT_TYPES = {
  BOOL: 'bool',
  INT32: 'int32',
  INT64: 'int64',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
} as const satisfies Record<TensorType, Tensor.Type>;

/**
 * Loads a graph and holds its inputs and its score against the signature. One thread: sums then have one order.
 * @throws MillraceError MODEL_UNLOADABLE
 */
export async function openSession(modelPath: string, signature: ModelSignature): Promise<InferenceSession> {
  const session = await InferenceSession.create(modelPath, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: FATAL,
  }).catch((cause: unknown) => {
    throw unloadable(cause instanceof Error ? cause.message : String(cause), cause);
  });
  const problems = signatureProblems(session, signature);
  if (problems.length === 0) return session;
  await session.release();
  throw unloadable(problems.join('; '));
}

function signatureProblems(session: InferenceSession, signature: ModelSignature): string[] {
  const problems: string[] = [];
  const graph = new Map(session.inputMetadata.map((input) => [input.name, input]));
  for (const { name, datatype } of signature.inputs) {
    const input = graph.get(name);
    graph.delete(name);
    const type = input?.isTensor ? input.type : undefined;
    if (input === undefined) problems.push(`the graph has no input ${name}`);
    else if (type !== ORT_TYPES[datatype]) {
      problems.push(`input ${name} is ${type ?? 'no tensor'} in the graph, ${datatype} in the signature`);
    }
  }
  for (const name of graph.keys()) problems.push(`the graph’s input ${name} is not in the signature`);
  if (!session.outputNames.includes(signature.score.output)) {
    problems.push(`the graph has no output ${signature.score.output}; it has ${session.outputNames.join(', ')}`);
  }
  return problems;
}

/**
 * Scores of all rows, in their order. They may be other than finite.
 * @throws MillraceError MODEL_UNLOADABLE when the graph fails on the rows, or its output has not one row for each
 */
export async function scoreColumns(
  session: InferenceSession,
  signature: ModelSignature,
  { rows, inputs }: ModelColumns,
): Promise<Float64Array> {
  const { output, column } = signature.score;
  const scores = new Float64Array(rows);
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const end = Math.min(rows, start + BATCH_ROWS);
    const feeds: Record<string, Tensor> = {};
    signature.inputs.forEach(({ name, datatype }, index) => {
      // The column was made for this datatype; onnxruntime’s overloads cannot be chosen by a variable.
      const values = (inputs[index] as Float32Array).slice(start, end);
      feeds[name] = new Tensor(ORT_TYPES[datatype] as 'float32', values, [end - start, 1]);
    });
    const results = await session.run(feeds, [output]).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw unloadable(`the graph fails on rows ${start} to ${end - 1}: ${message}`, cause);
    });
    const { type, data } = results[output] as Tensor;
    if (!(data instanceof Float32Array || data instanceof Float64Array)) {
      throw unloadable(`output ${output} is ${type}, not real numbers`);
    }
    const width = data.length / (end - start);
    if (!Number.isInteger(width) || column >= width) {
      throw unloadable(`output ${output} has ${data.length} values for ${end - start} rows; column ${column} is read`);
    }
    for (let row = start; row < end; row += 1) scores[row] = data[(row - start) * width + column] as number;
  }
  return scores;
}

function unloadable(message: string, cause?: unknown): MillraceError {
  return new MillraceError('MODEL_UNLOADABLE', message, { cause });
}
