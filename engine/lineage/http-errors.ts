import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import { type apiErrorSchema, ERROR_TABLE, isMillraceError, MillraceError } from '../../schemas/index.js';
import { isGivenUp } from './database.js';

const STATUS_OF_CATEGORY = { input: 400, data: 422, code: 500, infrastructure: 503, preemption: 503 } as const;

/** The HTTP answer to an error: the status follows from the category, or from the code where HTTP has a word for it. */
export function errorAnswer(error: unknown): { status: number; body: z.infer<typeof apiErrorSchema> } {
  const { status, known } = classify(error);
  return {
    status,
    body: {
      error: { code: known.code, message: known.message, remedy: known.remedy, problems: [...known.problems] },
    },
  };
}

function classify(error: unknown): { status: number; known: MillraceError } {
  if (isMillraceError(error)) return { status: statusOf(error), known: error };
  const status = (error as Partial<FastifyError> | null)?.statusCode ?? 500;
  const message = error instanceof Error ? error.message : String(error);
  if (isGivenUp(error) || /no space left on device|disk quota exceeded|file too large/i.test(message)) {
    return {
      status: 503,
      known: new MillraceError('LINEAGE_UNREACHABLE', `its database: ${message}`, { cause: error }),
    };
  }
  // What Fastify refuses itself: a body that is too large, of another type, or not JSON.
  if (status < 500) return { status, known: new MillraceError('INPUT_INVALID', message) };
  return { status: 500, known: new MillraceError('INTERNAL', message, { cause: error }) };
}

function statusOf({ code }: MillraceError): number {
  if (code === 'NOT_FOUND') return 404;
  if (code === 'METHOD_NOT_ALLOWED') return 405;
  if (code === 'LINEAGE_CONFLICT') return 409;
  if (code === 'LINEAGE_UNAUTHORIZED') return 401;
  if (code === 'LINEAGE_FORBIDDEN') return 403;
  if (code === 'LINEAGE_BUSY') return 429;
  if (code === 'INTERNAL') return 500;
  return STATUS_OF_CATEGORY[ERROR_TABLE[code].category];
}
