import { createWriteStream } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMillraceError, MillraceError } from '../../../schemas/index.js';
import { readableBytes, type FetchContext } from './local-source.js';
import { secretsOf } from './source-access.js';

/** Requests for one file, the first among them; pauses between them grow to at most 16 seconds and are jittered. */
const ATTEMPTS = 6;

/**
 * Downloads a file. A connection that breaks is taken up at the byte where it broke, if the server knows ranges and the
 * file is still the same; else it begins again.
 * @returns path of the file, its ending that of the address
 */
export async function downloadHttp(
  source: { path: string; authorization?: string | undefined },
  context: FetchContext,
): Promise<string> {
  const { folder, signal, onProgress } = context;
  const url = parseUrl(source.path);
  const secret = source.authorization && (await secretsOf(context).get(source.authorization));
  const target = join(folder, `download-${basename(url.pathname).replaceAll(/[^\w.-]/g, '_')}`);
  const state: Download = { done: 0 };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await download(url, secret, state, target, context);
      if (state.done === 0) throw new MillraceError('SOURCE_EMPTY', `${source.path} has no bytes`);
      return target;
    } catch (error) {
      signal?.throwIfAborted();
      if (isMillraceError(error) && error.code !== 'SOURCE_UNAVAILABLE') throw error;
      if (attempt === ATTEMPTS) {
        const message = `${source.path} after ${ATTEMPTS} requests: ${reasonOf(error)}`;
        throw new MillraceError('SOURCE_UNAVAILABLE', message, { cause: error });
      }
      onProgress?.(`${source.path}: ${reasonOf(error)}; once more from ${readableBytes(state.done)}`);
      await sleep(Math.random() * 500 * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

interface Download {
  done: number;
  /** Tells one state of the file from another; strong, as HTTP asks for with ranges. */
  etag?: string | undefined;
}

async function download(
  url: URL,
  secret: string | undefined,
  state: Download,
  target: string,
  { signal, onProgress }: FetchContext,
): Promise<void> {
  const resumes = state.done > 0 && state.etag !== undefined;
  // Compression of the transfer would make positions in the file meaningless.
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (secret !== undefined) headers['authorization'] = secret;
  if (resumes && state.etag !== undefined)
    Object.assign(headers, { range: `bytes=${state.done}-`, 'if-range': state.etag });
  const answer = await fetch(url, { headers, signal: signal ?? null });
  refuseStatus(url, answer);
  // A server that sends all of it instead has another file, or knows no ranges.
  if (answer.status !== 206) state.done = 0;
  const etag = answer.headers.get('etag');
  state.etag = etag === null || etag.startsWith('W/') ? undefined : etag;
  const length = answer.headers.get('content-length');
  const of = length === null ? undefined : state.done + Number(length);
  if (answer.body === null) return;
  const shown = of === undefined ? '' : ` of ${readableBytes(of)}`;
  await pipeline(
    Readable.fromWeb(answer.body),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        yield chunk;
        state.done += chunk.length;
        onProgress?.(`downloaded ${readableBytes(state.done)}${shown} from ${url.host}${url.pathname}`);
      }
    },
    createWriteStream(target, { flags: state.done > 0 ? 'r+' : 'w', start: state.done }),
    { signal },
  ).catch(diskErrors);
  if (of !== undefined && state.done < of) throw new Error(`the answer ended after ${state.done} of ${of} bytes`);
}

function refuseStatus(url: URL, { status, statusText }: Response): void {
  if (status < 400) return;
  const message = `${url.origin}${url.pathname} answers ${status} ${statusText}`.trim();
  if (status === 401 || status === 403) throw new MillraceError('SOURCE_DENIED', message);
  if (status === 404 || status === 410) throw new MillraceError('SOURCE_NOT_FOUND', message);
  if (status >= 500 || status === 408 || status === 429) throw new MillraceError('SOURCE_UNAVAILABLE', message);
  throw new MillraceError('SOURCE_UNREADABLE', message);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (error) {
    throw new MillraceError('SOURCE_NOT_FOUND', `${text} is not an address`, { cause: error });
  }
}

function diskErrors(error: NodeJS.ErrnoException): never {
  if (!['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS', 'ENOENT'].includes(error.code ?? '')) throw error;
  throw new MillraceError('STORE_UNAVAILABLE', `no place for the download: ${error.message}`, { cause: error });
}

/** `fetch` says "fetch failed", and the reason is the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? `${message}: ${cause.message}` : message;
}
