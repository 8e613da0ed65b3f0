import type { InferenceSession } from 'onnxruntime-node';
import { MillraceError, type ModelSignature } from '../../schemas/index.js';
import { scoreRows } from '../onnx-session.js';
import type { ModelColumns } from './model-columns.js';

/** Rows that are scored at once. */
const BATCH_ROWS = 4_096;

/**
 * Scores of all rows, in their order. They may be other than finite. Once `stopped` says so, the rest is left as zeros.
 * @throws MillraceError MODEL_UNLOADABLE when the graph fails on the rows, or its output has not one row for each
 */
export async function scoreColumns(
  session: InferenceSession,
  signature: ModelSignature,
  { rows, inputs }: ModelColumns,
  stopped: () => boolean,
): Promise<Float64Array> {
  const scores = new Float64Array(rows);
  for (let start = 0; start < rows && !stopped(); start += BATCH_ROWS) {
    const end = Math.min(rows, start + BATCH_ROWS);
    const batch = { rows: end - start, inputs: inputs.map((values) => values.slice(start, end)) };
    const scored = await scoreRows(session, signature, batch).catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause);
      throw new MillraceError('MODEL_UNLOADABLE', `the graph fails on rows ${start} to ${end - 1}: ${message}`, {
        cause,
      });
    });
    scores.set(scored, start);
  }
  return scores;
}
