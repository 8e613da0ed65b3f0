import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MillraceError, type ModelSignature, type TensorType } from '../schemas/index.js';

/** Values of one input, one a row, in the array that its datatype asks for. */
export type ColumnValues = BigInt64Array | Int32Array | Float32Array | Float64Array | Uint8Array | string[];

/** Log level of onnxruntime. Errors come back as exceptions; it would print them as well, with values of the rows. */
const FATAL = 4;

/** Types of onnxruntime by those of the Open Inference Protocol. */
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
    executionMode: 'sequential',
    logSeverityLevel: FATAL,
  }).catch((cause: unknown) => {
    throw new MillraceError('MODEL_UNLOADABLE', cause instanceof Error ? cause.message : String(cause), { cause });
  });
  const problems = [...inputProblems(session, signature), ...scoreProblems(session, signature)];
  if (problems.length === 0) return session;
  await session.release();
  throw new MillraceError('MODEL_UNLOADABLE', problems.join('; '));
}

function inputProblems(session: InferenceSession, signature: ModelSignature): string[] {
  const graph = new Map(session.inputMetadata.map((input) => [input.name, input]));
  const problems = signature.inputs.flatMap(({ name, datatype }) => {
    const input = graph.get(name);
    graph.delete(name);
    if (input === undefined) return [`the graph has no input ${name}`];
    const type = input.isTensor ? input.type : 'no tensor';
    return type === ORT_TYPES[datatype] ? [] : [`input ${name} is ${type} in the graph, ${datatype} in the signature`];
  });
  return [...problems, ...[...graph.keys()].map((name) => `the graph’s input ${name} is not in the signature`)];
}

function scoreProblems(session: InferenceSession, { score: { output, column } }: ModelSignature): string[] {
  const metadata = session.outputMetadata.find(({ name }) => name === output);
  if (metadata === undefined) return [`the graph has no output ${output}; it has ${session.outputNames.join(', ')}`];
  if (!metadata.isTensor || !['float32', 'float64'].includes(metadata.type)) {
    return [`output ${output} is not a tensor of real numbers`];
  }
  const width = metadata.shape.length > 1 ? metadata.shape[1] : 1;
  if (typeof width !== 'number' || column < width) return [];
  return [`output ${output} has ${width} columns, so there is no column ${column}`];
}

/**
 * Scores of some rows, as the graph gives them; they may be other than finite.
 * @param inputs values of each input, in the order of the signature
 * @throws Error of onnxruntime, or when the output has not one row for each
 */
export async function scoreRows(
  session: InferenceSession,
  signature: ModelSignature,
  { rows, inputs }: { rows: number; inputs: readonly ColumnValues[] },
): Promise<Float64Array> {
  const { output, column } = signature.score;
  const feeds: Record<string, Tensor> = {};
  signature.inputs.forEach(({ name, datatype }, index) => {
    // The column was made for this datatype; onnxruntime’s overloads cannot be chosen by a variable.
    feeds[name] = new Tensor(ORT_TYPES[datatype] as 'float32', inputs[index] as Float32Array, [rows, 1]);
  });
  const results = await session.run(feeds, [output]);
  const data = results[output]?.data as Float32Array | Float64Array;
  const width = data.length / rows;
  if (!Number.isInteger(width) || column >= width) {
    throw new Error(`output ${output} has ${data.length} values for ${rows} rows; column ${column} is read`);
  }
  const scores = new Float64Array(rows);
  for (let row = 0; row < rows; row += 1) scores[row] = data[row * width + column] as number;
  return scores;
}
