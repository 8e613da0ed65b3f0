import type { z } from 'zod';
import { ERROR_CODES, isMillraceError, MillraceError, type ErrorCode } from './errors.js';
import { apiErrorSchema } from './lineage-api.js';
import { problemsOf } from './problems.js';

/** As much of `fetch` as is used. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: AbortSignal },
) => Promise<{ status: number; text(): Promise<string> }>;

/** Sends a request and gives the answer as its schema has it. */
export type Request = <S extends z.ZodType>(
  schema: S,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  body?: unknown,
) => Promise<z.output<S>>;

/** A body that is JSON already. */
export class JsonText {
  constructor(readonly text: string) {}
}

/** Where the owner is and how it is asked. */
export interface RequestOptions {
  url: string;
  timeoutMs: number;
  token?: string | undefined;
  /** What carries requests and answers. */
  fetch: Fetch;
}

/**
 * The protocol of the lineage owner, over whatever carries it. Requests to the owner at `url`: throws LINEAGE_UNREACHABLE if no owner answers there, else the owner’s errors by code.
 * Of several addresses, separated by commas, the one that answered last is asked first, then the others in turn: a standby
 * serves only once it has taken over.
 */
export function createLineageRequest(options: RequestOptions): Request {
  const urls = options.url.split(',').map((url) => url.trim());
  const [only, ...others] = urls.map((url) => requestTo({ ...options, url }));
  if (only === undefined || others.length === 0) return requestTo(options);
  const requests = [only, ...others];
  let preferred = 0;
  return async (schema, method, path, body) => {
    let failure: unknown;
    for (let turn = 0; turn < requests.length; turn += 1) {
      const index = (preferred + turn) % requests.length;
      try {
        const answer = await (requests[index] ?? only)(schema, method, path, body);
        preferred = index;
        return answer;
      } catch (error) {
        if (!isMillraceError(error) || error.code !== 'LINEAGE_UNREACHABLE') throw error;
        failure ??= error;
      }
    }
    throw failure;
  };
}

function requestTo(options: RequestOptions): Request {
  const authorization: Record<string, string> = options.token ? { authorization: `Bearer ${options.token}` } : {};
  const base = options.url.replace(/\/+$/, '');

  return async (schema, method, path, body) => {
    const { status, text } = await answerOf(method, `${base}/api/v1${path}`, body);
    const value = parseJson(text);
    if (status >= 400) throw errorOf(status, value, text);
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      const [problem] = problemsOf(parsed.error);
      const where = `${problem?.path || '(answer)'} ${problem?.message ?? ''}`;
      throw unreachable(`answered ${method} ${path} with something else than a lineage owner does: ${where}`);
    }
    return parsed.data;
  };

  async function answerOf(method: string, url: string, body: unknown): Promise<{ status: number; text: string }> {
    try {
      const response = await options.fetch(url, {
        method,
        headers: { ...authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        ...(body === undefined ? {} : { body: body instanceof JsonText ? body.text : JSON.stringify(body) }),
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      const timedOut = (error as Partial<Error> | null)?.name === 'TimeoutError';
      throw unreachable(timedOut ? `did not answer within ${options.timeoutMs} ms` : reasonOf(error), error);
    }
  }

  function errorOf(status: number, value: unknown, text: string): MillraceError {
    const parsed = apiErrorSchema.safeParse(value);
    if (!parsed.success) return unreachable(`answered with status ${status}: ${text.slice(0, 200)}`);
    return errorOfBody(parsed.data);
  }

  function unreachable(what: string, cause?: unknown): MillraceError {
    return new MillraceError('LINEAGE_UNREACHABLE', `${base}: ${what}`, { cause });
  }
}

/** The error that an answer of the owner tells. */
export function errorOfBody({ error: { code, message, problems } }: z.output<typeof apiErrorSchema>): MillraceError {
  const known = ERROR_CODES.find((candidate): candidate is ErrorCode => candidate === code);
  return known === undefined
    ? new MillraceError('INTERNAL', `the lineage owner answered ${code}: ${message}`, { problems })
    : new MillraceError(known, message, { problems });
}

/** Undefined for an empty text and for one that is not JSON; the schemas refuse both where a body is due. */
function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Node hides the reason of a failed fetch in its cause. */
function reasonOf(error: unknown): string {
  const { name, message, code, cause } = (error ?? {}) as Partial<NodeJS.ErrnoException> & { cause?: unknown };
  if (cause !== undefined) return reasonOf(cause);
  return message || code || name || String(error);
}
