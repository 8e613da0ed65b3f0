import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { isMillraceError, MillraceError } from '../../../schemas/index.js';
import { isOfDisk } from '../download-file.js';
import { nameByCompression } from './compression.js';
import { isEncoded, restOf, validatorOf, type Arrived } from './http-ranges.js';
import { readableBytes, type FetchContext } from './local-source.js';
import { PartialDownload } from './partial-download.js';
import { secretsOf } from './source-access.js';

/** Requests in a row that bring nothing new; pauses between them grow to at most 16 seconds and are jittered. */
const ATTEMPTS = 6;

/** What `fetch` says of redirections that no other request would get past. */
const LEADS_NOWHERE = /redirect count exceeded|URL scheme must be|Invalid URL/;

/**
 * Downloads a file. A connection that breaks is taken up at the byte where it broke, as often as it takes, if the server knows
 * ranges and the file is still the same; else it begins again. So does another attempt with what this one leaves in `keptDir`.
 * @returns path of the file, its ending that of the address, or of the compression that it turns out to have
 */
export async function downloadHttp(
  source: { path: string; authorization?: string | undefined },
  context: FetchContext,
): Promise<string> {
  const { folder, signal } = context;
  const url = parseUrl(source.path);
  const secret = source.authorization && (await secretsOf(context).get(source.authorization));
  const target = join(folder, `download-${basename(url.pathname).replaceAll(/[^\w.-]/g, '_')}`);
  const kept =
    context.keptDir === undefined
      ? undefined
      : { folder: context.keptDir, key: ['http', source.path, source.authorization] };
  const partial = await PartialDownload.open(kept, target, signal).catch(diskErrors);
  try {
    await downloadAll(source.path, secret, partial, context);
    await partial.finish(target).catch(diskErrors);
    return await nameByCompression(target);
  } catch (error) {
    await partial.release().catch(() => undefined);
    throw error;
  }
}

/** Asks until all is there, or `ATTEMPTS` requests in a row have brought nothing. */
async function downloadAll(
  address: string,
  secret: string | undefined,
  partial: PartialDownload,
  context: FetchContext,
): Promise<void> {
  const { signal, onProgress } = context;
  const url = parseUrl(address);
  const state = partial.arrived;
  let farthest = state.done;
  if (farthest > 0) onProgress?.(`${address}: an earlier attempt left ${readableBytes(farthest)}`);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await download(url, secret, partial, context);
      if (state.done === 0) throw new MillraceError('SOURCE_EMPTY', `${address} has no bytes`);
      return;
    } catch (error) {
      signal?.throwIfAborted();
      if (isMillraceError(error) && error.code !== 'SOURCE_UNAVAILABLE') throw error;
      if (LEADS_NOWHERE.test(reasonOf(error))) {
        throw new MillraceError('SOURCE_UNREADABLE', `${address}: ${reasonOf(error)}`, { cause: error });
      }
      if (state.done > farthest) [farthest, attempt] = [state.done, 1];
      else if (attempt >= ATTEMPTS) {
        const message = `${address} after ${ATTEMPTS} requests: ${reasonOf(error)}`;
        throw new MillraceError('SOURCE_UNAVAILABLE', message, { cause: error });
      }
      onProgress?.(`${address}: ${reasonOf(error)}; once more from ${readableBytes(state.done)}`);
      await sleep(Math.random() * 500 * 2 ** (attempt - 1), undefined, { signal });
    }
  }
}

async function download(
  url: URL,
  secret: string | undefined,
  partial: PartialDownload,
  { signal, onProgress }: FetchContext,
): Promise<void> {
  const state = partial.arrived;
  // Compression of the transfer would make positions in the file meaningless.
  const headers: Record<string, string> = { 'accept-encoding': 'identity', ...restOf(state) };
  if (secret !== undefined) headers['authorization'] = secret;
  const answer = await fetch(url, { headers, signal: signal ?? null });
  if (isAllThere(answer, state)) return void answer.body?.cancel();
  const total = takeUp(url, answer, state);
  if (answer.body === null) return;
  const shown = total === undefined ? '' : ` of ${readableBytes(total)}`;
  await partial.begin().catch(diskErrors);
  try {
    for await (const chunk of Readable.fromWeb(answer.body) as AsyncIterable<Uint8Array>) {
      await partial.append(chunk).catch(diskErrors);
      onProgress?.(`downloaded ${readableBytes(state.done)}${shown} from ${url.host}${url.pathname}`);
    }
  } finally {
    await partial.end();
  }
  if (total !== undefined && state.done !== total) {
    const { done } = state;
    // More than there is: what came cannot be trusted, so the next request begins anew.
    if (done > total) state.done = 0;
    throw new Error(`the answer ended after ${done} of ${total} bytes`);
  }
}

/** The file is the same, or it would be sent, and there is nothing behind what has arrived. */
function isAllThere({ status, headers }: Response, { done }: Arrived): boolean {
  return status === 416 && done > 0 && headers.get('content-range') === `bytes */${done}`;
}

/**
 * Says from where the answer goes on.
 * @returns bytes that the file has in all; undefined where the server does not say, or packs them for the way
 * @throws MillraceError by status; an Error for an answer that does not go on where the file ends
 */
function takeUp(url: URL, answer: Response, state: Arrived): number | undefined {
  if (answer.status === 416 && state.done > 0) {
    Object.assign(state, { done: 0, validator: undefined });
    throw new Error('the file has become shorter');
  }
  refuseStatus(url, answer);
  const validator = validatorOf(answer.headers);
  if (answer.status === 206) {
    const [, from, of] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers.get('content-range') ?? '') ?? [];
    const goesOn = from === undefined || Number(from) === state.done;
    const same = state.validator === undefined || validator === undefined || validator === state.validator;
    if (!goesOn || !same) {
      void answer.body?.cancel();
      Object.assign(state, { done: 0, validator: undefined });
      throw new Error(same ? `the server sent bytes from ${from} on` : 'the file was exchanged meanwhile');
    }
    state.validator ??= validator;
    if (of !== undefined && of !== '*') return Number(of);
  } else {
    // A server that sends all of it instead has another file, or knows no ranges.
    Object.assign(state, { done: 0, validator });
  }
  const length = answer.headers.get('content-length');
  return length === null || isEncoded(answer) ? undefined : state.done + Number(length);
}

function refuseStatus(url: URL, { status, statusText }: Response): void {
  if (status < 300) return;
  const message = `${url.origin}${url.pathname} answers ${status} ${statusText}`.trim();
  if (status === 401 || status === 403) throw new MillraceError('SOURCE_DENIED', message);
  if (status === 404 || status === 410) throw new MillraceError('SOURCE_NOT_FOUND', message);
  if (status >= 500 || status === 408 || status === 425 || status === 429)
    throw new MillraceError('SOURCE_UNAVAILABLE', message);
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
  if (!isOfDisk(error)) throw error;
  throw new MillraceError('STORE_UNAVAILABLE', `no place for the download: ${error.message}`, { cause: error });
}

/** `fetch` says "fetch failed", and the reason is the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error & { cause?: Partial<Error> };
  return cause?.message === undefined ? message : `${message}: ${cause.message}`;
}
