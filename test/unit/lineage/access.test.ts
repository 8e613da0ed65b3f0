import { readFile, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createLineageClient,
  createToken,
  readTokens,
  revokeToken,
  startLineageOwner,
  tokensPath,
  type LineageClient,
} from '../../../engine/lineage/index.js';
import { RateLimit } from '../../../engine/lineage/access/rate-limit.js';
import { API_OPERATIONS } from '../../../engine/lineage/api-operations.js';
import { isMillraceError, type TokenScope } from '../../../schemas/index.js';
import { runStarted } from './story.js';
import { errorOf, withDatabasePath } from './support.js';
import { until } from '../../support/until.js';

/** Runs with an owner that has a token of each scope. */
async function withTokens(work: (url: string, tokens: Record<TokenScope, string>, path: string) => Promise<void>) {
  await withDatabasePath(async (databasePath) => {
    const path = tokensPath(databasePath);
    const owner = await startLineageOwner({ databasePath }); // makes the folder
    await owner.close();
    const make = async (scope: TokenScope) => (await createToken(path, { name: `a-${scope}`, scope })).token;
    const tokens = { read: await make('read'), write: await make('write'), admin: await make('admin') };
    const again = await startLineageOwner({ databasePath });
    try {
      await work(again.url, tokens, path);
    } finally {
      await again.close();
    }
  });
}

/** Asks until it fails as it should: the owner looks at its file of tokens once a second. */
async function untilError(client: LineageClient, expected: RegExp): Promise<void> {
  await until(async () => {
    const error: unknown = await client.runs().catch((thrown: unknown) => thrown);
    return isMillraceError(error) && expected.test(error.code);
  });
}

describe('an owner with tokens', () => {
  it('answers nothing without a token but that it is alive, on any path, also one that there is not', async () => {
    await withTokens(async (url) => {
      for (const { method, path } of API_OPERATIONS) {
        const response = await fetch(`${url}/api/v1${path.replace(/\{\w+\}/g, 'x')}`, { method });
        expect([method, path, response.status]).toEqual([method, path, path === '/live' ? 200 : 401]);
      }
      for (const path of ['/', '/api/v1/none', '/api/v1/runs?limit=1', '/api/v1/../v1/runs', '//api/v1/runs']) {
        expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 401]);
      }
      expect(await errorOf(createLineageClient({ url }).runs())).toBe('LINEAGE_UNAUTHORIZED: no token was given');
      const guessed = createLineageClient({ url, token: `millrace_${'0'.repeat(12)}_guess` });
      expect(await errorOf(guessed.runs())).toBe('LINEAGE_UNAUTHORIZED: the token is not known');
    });
  });

  it('takes questions that are posted for what they are', async () => {
    await withTokens(async (url, tokens) => {
      const client = createLineageClient({ url, token: tokens.read });
      expect(await client.latestRuns('flight-delays', ['2001-03-01'])).toEqual([]);
      expect(await client.resolvePartitions('flights', ['2001-03-01'])).toHaveLength(1);
    });
  });

  it('lets each scope do its part and no more', async () => {
    await withTokens(async (url, tokens) => {
      const attempts = async (scope: TokenScope) => {
        const client = createLineageClient({ url, token: tokens[scope] });
        const codes = [client.runs(), client.record([runStarted(`by-${scope}`, 'p')]), client.rebuild()].map(
          (promise) =>
            promise.then(
              () => 'ok',
              (error: { code: string }) => error.code,
            ),
        );
        return Promise.all(codes);
      };
      expect(await attempts('read')).toEqual(['ok', 'LINEAGE_FORBIDDEN', 'LINEAGE_FORBIDDEN']);
      expect(await attempts('write')).toEqual(['ok', 'ok', 'LINEAGE_FORBIDDEN']);
      expect(await attempts('admin')).toEqual(['ok', 'ok', 'ok']);
      // Browsers send what they were given as a password.
      const basic = Buffer.from(`me:${tokens.read}`).toString('base64');
      expect((await fetch(url, { headers: { authorization: `Basic ${basic}` } })).status).toBe(200);
    });
  });

  it('learns of new and revoked tokens while it runs, and has both in the audit', async () => {
    await withTokens(async (url, tokens, path) => {
      const admin = createLineageClient({ url, token: tokens.admin });
      await admin.runs();
      await revokeToken(path, 'a-read');
      const { token } = await createToken(path, { name: 'later', scope: 'read' });
      await untilError(createLineageClient({ url, token: tokens.read }), /^LINEAGE_UNAUTHORIZED$/);
      expect(await createLineageClient({ url, token }).runs()).toEqual([]);
      // It is let in, and shut out, at once, and on record a moment later.
      let { entries } = await admin.audit();
      for (; entries.length < 5; { entries } = await admin.audit()) await delay(10);
      expect(entries.map(({ action, target }) => `${action} ${target}`).sort()).toEqual([
        'create_token token:a-admin',
        'create_token token:a-read',
        'create_token token:a-write',
        'create_token token:later',
        'revoke_token token:a-read',
      ]);
    });
  });

  it('asks for a token from the moment on in which the first was made, and knows another at once', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath });
      try {
        const path = tokensPath(databasePath);
        for (let round = 0; round < 2; round += 1) {
          expect(await createLineageClient({ url: owner.url }).runs()).toEqual([]);
          const { token } = await createToken(path, { name: 'first', scope: 'read' });
          expect(await errorOf(createLineageClient({ url: owner.url }).runs())).toMatch(/^LINEAGE_UNAUTHORIZED/);
          const second = await createToken(path, { name: 'second', scope: 'read' });
          for (const each of [token, second.token]) {
            expect(await createLineageClient({ url: owner.url, token: each }).runs()).toEqual([]);
          }
          for (const name of ['first', 'second']) await revokeToken(path, name);
          const free = createLineageClient({ url: owner.url });
          await until(async () => (await errorOf(free.runs()).catch(() => 'let in')) === 'let in');
        }
      } finally {
        await owner.close();
      }
    });
  });

  it('keeps them hashed, and lets nobody in when the file is not one of its own', async () => {
    await withTokens(async (url, tokens, path) => {
      const text = await readFile(path, 'utf8');
      for (const token of Object.values(tokens)) expect(text).not.toContain(token.split('_').slice(2).join('_'));
      expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect((await readTokens(path)).map(({ name, scope }) => [name, scope])).toEqual([
        ['a-read', 'read'],
        ['a-write', 'write'],
        ['a-admin', 'admin'],
      ]);
      await createLineageClient({ url, token: tokens.admin }).runs();
      await writeFile(path, '{');
      await untilError(createLineageClient({ url, token: tokens.admin }), /^CONFIG_INVALID$/);
    });
  });
});

describe('an owner with a configured token', () => {
  it('asks for it though there is no other, and gives its own process one', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath, token: 'from the environment' });
      const { url } = owner;
      expect(await errorOf(createLineageClient({ url }).runs())).toMatch(/^LINEAGE_UNAUTHORIZED/);
      expect(await createLineageClient({ url, token: 'from the environment' }).rebuild()).toBe(0);
      expect(await createLineageClient({ url, token: owner.token }).rebuild()).toBe(0);
      await owner.close();
    });
  });
});

describe('the rate limit', () => {
  it('lets a caller go on at its rate, with a burst, and is not shared between callers', () => {
    let now = 0;
    const limit = new RateLimit(10, () => now);
    const taken = (caller: string, times: number) =>
      Array.from({ length: times }, () => limit.take(caller)).filter((passed) => passed).length;
    expect(taken('a', 100)).toBe(20);
    now += 1000;
    expect(taken('a', 100)).toBe(10);
    expect(taken('b', 100)).toBe(20);
    now += 60_000;
    expect(taken('a', 100)).toBe(20);
  });

  it('is answered with LINEAGE_BUSY, which may be tried again', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath, requestsPerSecond: 2 });
      const client = createLineageClient({ url: owner.url });
      const answers = await Promise.allSettled(Array.from({ length: 30 }, () => client.runs()));
      const refused = answers.filter((answer) => answer.status === 'rejected').map(({ reason }) => reason as Error);
      expect(refused.length).toBeGreaterThan(20);
      expect(refused[0]).toMatchObject({ code: 'LINEAGE_BUSY', retryable: true });
      await owner.close();
    });
  });
});
