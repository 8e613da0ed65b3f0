import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { MillraceError, type LineageRecord, type TokenScope } from '../../../schemas/index.js';
import { scopeOf } from './scope-of.js';
import type { LineageStore } from '../lineage-store.js';
import { RateLimit } from './rate-limit.js';
import { findToken, readTokens, type StoredToken } from './tokens.js';

/** Between two looks at the file of tokens, in milliseconds: so long may a revoked one still be good. */
const LOOK_MS = 1000;

const RANK: Record<TokenScope, number> = { read: 1, write: 2, admin: 3 };

/** Who is let in. */
export interface AccessOptions {
  /** File of the tokens; see `tokensPath`. */
  tokensPath: string;
  /** A token with the scope `admin` besides those of the file. */
  configuredToken?: string | undefined;
  /** A token with the scope `admin` that others are not asked for: of processes that were started together with the owner. */
  siblingToken?: string | undefined;
  /** Requests a second that one caller may make. */
  requestsPerSecond: number;
  /** The token of this process, if it has one already. */
  ownToken?: string | undefined;
  logger?: Pick<Logger, 'error'> | undefined;
}

/**
 * Lets in, once there is any token at all, only who has one of the scope that the path asks for. Without any token
 * everybody is let in, which is for owners on loopback.
 * @returns a token with the scope `admin` for this process itself, never written anywhere
 */
export function addAccess(app: FastifyInstance, store: Pick<LineageStore, 'record'>, options: AccessOptions): string {
  const own = options.ownToken ?? `millrace_own_${randomBytes(32).toString('base64url')}`;
  const limit = new RateLimit(options.requestsPerSecond);
  const current = watchTokens(store, options);

  app.addHook('onRequest', async (request) => {
    let tokens = await current();
    const given = tokenOf(request);
    let caller = given === undefined ? undefined : callerOf(given, tokens);
    if (given !== undefined && caller === undefined && tokens.length > 0) {
      // It may have been made just now.
      tokens = await current('look');
      caller = callerOf(given, tokens);
    }
    if (!limit.take(caller?.id ?? request.ip)) {
      throw new MillraceError('LINEAGE_BUSY', `more than ${options.requestsPerSecond} requests a second`);
    }
    const needed = scopeOf(request.method, request.routeOptions.url);
    if (needed === null || (tokens.length === 0 && options.configuredToken === undefined)) return;
    if (caller === undefined) {
      throw new MillraceError(
        'LINEAGE_UNAUTHORIZED',
        given === undefined ? 'no token was given' : 'the token is not known',
      );
    }
    if (RANK[caller.scope] < RANK[needed]) {
      const path = request.url.split('?')[0];
      throw new MillraceError('LINEAGE_FORBIDDEN', `${path} needs the scope ${needed}, the token has ${caller.scope}`);
    }
  });
  return own;

  function callerOf(given: string, tokens: readonly StoredToken[]): { id: string; scope: TokenScope } | undefined {
    const siblings = options.siblingToken !== undefined && same(given, options.siblingToken);
    if (siblings || same(given, own)) return { id: 'own', scope: 'admin' };
    if (options.configuredToken !== undefined && same(given, options.configuredToken)) {
      return { id: 'configured', scope: 'admin' };
    }
    return findToken(tokens, given);
  }
}

/**
 * Reads the file again when it has changed, and puts on record which tokens came and went. As long as there is none,
 * which lets everybody in, it looks each time: the first one closes the door at once.
 */
function watchTokens(
  store: Pick<LineageStore, 'record'>,
  { tokensPath, logger }: AccessOptions,
): (look?: 'look') => Promise<readonly StoredToken[]> {
  let tokens: Promise<StoredToken[]> | undefined;
  let open = true;
  let lookedAt = -Infinity;
  let changedAt = '';
  return async (look) => {
    if (tokens !== undefined && !open && look === undefined && performance.now() - lookedAt < LOOK_MS) return tokens;
    lookedAt = performance.now();
    const stats = await stat(tokensPath, { bigint: true }).catch(() => undefined);
    const version = stats === undefined ? 'none' : `${stats.mtimeNs}/${stats.ino}`;
    // Another request may have looked meanwhile.
    const before = tokens;
    if (before !== undefined && version === changedAt) return before;
    changedAt = version;
    const now = readTokens(tokensPath);
    tokens = now;
    open = await now.then(
      (list) => list.length === 0,
      () => false,
    );
    now
      .then(
        async (list) => {
          const records = changes((await before?.catch(() => [])) ?? [], list);
          if (records.length > 0) await store.record(records);
        },
        (error: unknown) => logger?.error({ err: error }, 'the tokens could not be read; nobody is let in'),
      )
      .catch((error: unknown) => logger?.error({ err: error }, 'a change of tokens could not be recorded'));
    return now;
  };
}

function changes(before: readonly StoredToken[], now: readonly StoredToken[]): LineageRecord[] {
  const at = new Date().toISOString();
  const record = (action: string, { id, name, scope, createdAt }: StoredToken): LineageRecord => ({
    kind: 'action_taken',
    key: `token/${id}/${action}`,
    at: action === 'create_token' ? createdAt : at,
    actor: 'who can write to the data folder',
    action,
    target: `token:${name}`,
    reason: `scope ${scope}, id ${id}`,
  });
  const gone = before.filter(({ id }) => !now.some((token) => token.id === id));
  return [...now.map((token) => record('create_token', token)), ...gone.map((token) => record('revoke_token', token))];
}

/** A bearer token, or the password that a browser was given. */
function tokenOf({ headers }: FastifyRequest): string | undefined {
  const [, scheme = '', value = ''] = /^(\S+) +(.*)$/.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  return Buffer.from(value, 'base64').toString().split(':').slice(1).join(':');
}

function same(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
