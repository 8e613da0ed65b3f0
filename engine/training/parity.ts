import { isMillraceError, MillraceError, type ErrorCode, type ModelSignature } from '../../schemas/index.js';
import { scoreFiles } from './scoring.js';

/** Fewer rows prove nothing. */
const FEWEST_ROWS = 1_000;

/** Errors of scoring that are the fault of the rows which the trainer left. */
const ROW_ERRORS: readonly ErrorCode[] = [
  'EVALUATION_IMPOSSIBLE',
  'SOURCE_NOT_FOUND',
  'SOURCE_EMPTY',
  'SOURCE_UNREADABLE',
];

export interface ParityOptions {
  modelPath: string;
  signature: ModelSignature;
  /** Parquet file with input columns and the trainer’s own scores. */
  parityFile: string;
  /** Column of the trainer’s own scores. */
  scoreColumn: string;
  /** Greatest difference of a score that passes. */
  tolerance: number;
  signal?: AbortSignal | undefined;
}

/**
 * Holds an exported model against the scores of its trainer: an export can be wrong without an error.
 * @returns the number of rows and the greatest absolute difference
 * @throws MillraceError MODEL_PARITY_FAILED; MODEL_UNLOADABLE; TRAINER_OUTPUT_INVALID for rows that prove nothing: fewer than
 *   1,000, all with the same score, without a score, or without the model’s columns
 */
export async function checkParity(options: ParityOptions): Promise<{ rows: number; maximumDifference: number }> {
  const { modelPath, signature, parityFile, scoreColumn, tolerance, signal } = options;
  const { scores, columns } = await scoreFiles({
    modelPath,
    signature,
    files: [parityFile],
    columns: [scoreColumn],
    signal,
  }).catch((error: unknown) => {
    if (isMillraceError(error) && ROW_ERRORS.includes(error.code)) throw invalid(error.message, error);
    throw error;
  });
  const expected = columns[scoreColumn] as Float64Array;
  const rows = expected.length;
  if (rows < FEWEST_ROWS) throw invalid(`parity.parquet has ${rows} rows; at least ${FEWEST_ROWS} are needed`);
  if (!expected.every(Number.isFinite)) throw invalid(`parity.parquet has rows without a number in ${scoreColumn}`);
  if (expected.every((score) => score === expected[0])) {
    throw invalid(`all rows of parity.parquet have the same ${scoreColumn}, ${expected[0]}, which proves nothing`);
  }
  const differences = scores.map((score, row) => {
    const difference = Math.abs(score - (expected[row] as number));
    return Number.isNaN(difference) ? Infinity : difference;
  });
  const maximumDifference = differences.reduce((worst, difference) => Math.max(worst, difference), 0);
  if (maximumDifference <= tolerance) return { rows, maximumDifference };
  const different = differences.filter((difference) => difference > tolerance).length;
  throw new MillraceError(
    'MODEL_PARITY_FAILED',
    `${different} of ${rows} rows differ from the trainer’s scores by more than ${tolerance}; the worst by ${maximumDifference.toPrecision(3)}`,
  );
}

function invalid(message: string, cause?: unknown): MillraceError {
  return new MillraceError('TRAINER_OUTPUT_INVALID', message, { cause });
}
