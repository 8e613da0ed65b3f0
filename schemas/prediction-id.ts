import { MillraceError } from './errors.js';
import type { ModelVersionRef } from './model.js';

/** What the id of a prediction says of it. */
export interface PredictionId {
  endpoint: string;
  /** State of the endpoint that was in force on the server that answered. */
  generation: number;
  /** Version of the model that answered. */
  version: number;
  /** First eight characters of the model’s digest. */
  digest: string;
  /** ISO 8601. */
  at: string;
}

const SHAPE = /^([a-z][a-z0-9-]*)\.(\d{1,9})\.v(\d{1,9})\.([0-9a-f]{8})\.([0-9a-z]{8,9})\.([0-9a-f]{12})$/;

/**
 * The id of a prediction: endpoint, generation, version, beginning of the digest, time in milliseconds (base 36) and 48 random
 * bits. With the record of endpoints and models it says all that led to an answer, so no log of answers is needed.
 * @param random twelve hexadecimal characters
 */
export function formatPredictionId(
  { endpoint, generation }: { endpoint: string; generation: number },
  { version, digest }: Pick<ModelVersionRef, 'version' | 'digest'>,
  milliseconds: number,
  random: string,
): string {
  return `${endpoint}.${generation}.v${version}.${digest.slice(0, 8)}.${milliseconds.toString(36)}.${random}`;
}

/** @throws INPUT_INVALID for a text that is no such id */
export function parsePredictionId(text: string): PredictionId {
  const [, endpoint, generation, version, digest, time = ''] = SHAPE.exec(text) ?? [];
  if (endpoint === undefined || digest === undefined) {
    throw new MillraceError('INPUT_INVALID', `"${text.slice(0, 200)}" is not the id of a prediction`, {
      problems: [
        { path: 'prediction', message: 'must be `parameters.prediction_id` of an answer of the model server' },
      ],
    });
  }
  const at = new Date(parseInt(time, 36)).toISOString();
  return { endpoint, generation: Number(generation), version: Number(version), digest, at };
}
