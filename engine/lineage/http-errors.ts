import type { FastifyError } from 'fastify';
import type { z } from 'zod';
import { type apiErrorSchema, ERROR_TABLE, isMillraceError, MillraceError } from '../../schemas/index.js';
import { isGivenUp } from './database.js';

/** Largest body of a request, in bytes, unpacked. A thousand records of usual size are about 2 MB. */
export const BODY_LIMIT = 16 * 1024 * 1024;

const STATUS_OF_CATEGORY = { input: 400, data: 422, code: 500, infrastructure: 503, preemption: 503 } as const;

/** The HTTP answer to an error: the status follows from the category, or from the code where HTTP has a word for it. */
export function errorAnswer(error: unknown): { status: number; body: z.infer<typeof apiErrorSchema> } {
  const { status, known } = classify(error);
  const remedy = REFUSED_BY_FASTIFY[(error as Partial<FastifyError> | null)?.code ?? ''] ?? known.remedy;
  return {
    status,
    body: { error: { code: known.code, message: known.message, remedy, problems: [...known.problems] } },
  };
}

/** What to do about a request that Fastify refuses before anything looks at its fields. */
const REFUSED_BY_FASTIFY: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: `Send less in one request, at most ${BODY_LIMIT / 1024 ** 2} MiB, unpacked.`,
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'Send JSON, with the header Content-Type: application/json.',
  FST_ERR_CTP_INVALID_JSON_BODY: 'Send valid JSON.',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'Send JSON, or leave out the header Content-Type.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'Send as many bytes as the header Content-Length says.',
  FST_ERR_BAD_URL: 'Send a path that can be decoded: write % itself as %25.',
};

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
