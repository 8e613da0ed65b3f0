import { createPublicKey, type KeyObject } from 'node:crypto';
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createNamedFiles } from '../../../engine/datasets/index.js';
import {
  createLineageClient,
  keyFingerprint,
  makeSigningKey,
  parsePublicKey,
  parseSigningKey,
  startLineageOwner,
  type LineageClient,
} from '../../../engine/lineage/index.js';
import { MIGRATIONS } from '../../../engine/lineage/migrations/index.js';
import { AT, february, MODEL } from './story.js';
import { withDatabasePath, withOwner } from './support.js';

/** Runs with an owner, and ends it before the next. */
async function owning<T>(databasePath: string, work: (client: LineageClient) => Promise<T>): Promise<T> {
  const owner = await startLineageOwner({ databasePath });
  try {
    return await work(createLineageClient({ url: owner.url, timeoutMs: 20_000 }));
  } finally {
    await owner.close();
  }
}

async function tamper(databasePath: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(databasePath);
  const connection = await instance.connect();
  await connection.run(sql);
  connection.closeSync();
  instance.closeSync();
}

/** Takes away what the migrations made. */
function dropOf(migrations: typeof MIGRATIONS): string {
  const made = migrations.flatMap(({ sql }) => [...sql.matchAll(/CREATE (TABLE|VIEW) (\w+)/g)]);
  return made
    .reverse()
    .map(([, kind, name]) => `DROP ${kind} ${name}`)
    .join('; ');
}

const LAST = february().length;

describe('the audit', () => {
  it('says who changed what, when and why, newest first and by pages', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      await client.record([
        {
          kind: 'action_taken',
          key: 'a',
          at: AT,
          actor: 'ada',
          action: 'approve',
          target: 'gate:quality',
          reason: 'looked at it',
        },
      ]);
      const { entries, next } = await client.audit({ limit: 3 });
      expect(entries.map(({ actor, action, target }) => [actor, action, target])).toEqual([
        ['ada', 'approve', 'gate:quality'],
        ['run run-1', 'promote', `endpoint:flight-delays: ${MODEL} v1`],
        ['rollout', 'traffic', 'endpoint:flight-delays: stable v1'],
      ]);
      const second = await client.audit({ limit: 3, after: next ?? '' });
      expect(second.entries.map(({ actor, action, target, reason }) => [actor, action, target, reason])).toEqual([
        ['ada', 'alias', `${MODEL}@champion: nothing to v1`, 'won the comparison'],
        ['run run-1', 'register', `model:${MODEL}@1`, 'step register'],
        ['schedule', 'start', 'run/flight-delays/2001-03', `for ${AT}`],
      ]);
      expect((await client.audit({ action: 'alias' })).entries).toHaveLength(1);
      expect((await client.audit({ actor: 'nobody' })).entries).toEqual([]);
    });
  });

  it('verifies what nobody touched, also after a restart, and signs it with a key of its own', async () => {
    await withDatabasePath(async (path) => {
      await owning(path, (client) => client.record(february()));
      const result = await owning(path, async (client) => {
        await client.record([
          { kind: 'action_taken', key: 'a', at: AT, actor: 'a', action: 'x', target: 'y', reason: '' },
        ]);
        return client.verifyAudit();
      });
      expect(result).toMatchObject({ ok: true, events: LAST + 1, checkpoints: 1, signedUpTo: LAST, problems: [] });
      expect((await stat(join(`${path}.audit`, 'key.pem'))).mode & 0o777).toBe(0o600);
      expect(await readdir(`${path}.audit`)).toEqual([
        'checkpoint-00000001.json',
        'checkpoint-00000002.json',
        'key.pem',
        'key.pub.pem',
      ]);
      expect(await owning(path, (client) => client.verifyAudit())).toMatchObject({
        ok: true,
        checkpoints: 2,
        signedUpTo: LAST + 1,
        fingerprint: result.fingerprint,
      });
    });
  });

  it.each([
    [
      'a changed payload',
      `UPDATE events SET payload = replace(payload, 'ada', 'bob') WHERE kind = 'alias_moved'`,
      [LAST - 3, 'changed'],
    ],
    [
      'a changed time',
      `UPDATE events SET recorded_at = recorded_at + INTERVAL 1 SECOND WHERE sequence = 7`,
      [7, 'changed'],
    ],
    [
      'a changed answer',
      `UPDATE events SET answer = '{"modelVersion":9}' WHERE kind = 'model_registered'`,
      [LAST - 4, 'changed'],
    ],
    ['a removed event', `DELETE FROM events WHERE sequence = 12`, [12, 'removed']],
    [
      'an event removed with its link',
      `DELETE FROM events WHERE sequence = 12; DELETE FROM audit_chain WHERE sequence = 12`,
      [12, 'removed'],
    ],
    [
      'a removed end',
      `DELETE FROM events WHERE sequence > 100; DELETE FROM audit_chain WHERE sequence > 100`,
      [101, 'removed'],
    ],
    [
      'an event put in',
      `INSERT INTO events SELECT sequence + 1000, 'ghost', kind, digest, payload, answer, recorded_at FROM events WHERE sequence = 3`,
      [LAST + 1, 'removed'],
    ],
    [
      'a number out of all proportion',
      `UPDATE events SET sequence = 9000000000000000 WHERE sequence = 12`,
      [12, 'removed'],
    ],
    ['a changed link', `UPDATE audit_chain SET hash = repeat('a', 64) WHERE sequence = 20`, [20, 'changed']],
  ])('finds %s and says where', async (_, sql, [sequence, problem]) => {
    await withDatabasePath(async (path) => {
      await owning(path, (client) => client.record(february()));
      await tamper(path, sql);
      const result = await owning(path, (client) => client.verifyAudit());
      expect(result.ok).toBe(false);
      expect(result.problems[0]).toMatchObject({ sequence, problem });
    });
  });

  it.each([
    [
      'who moved an alias, where the answer is read from',
      `UPDATE actions SET actor = 'bob' WHERE action = 'alias'`,
      {
        sequence: LAST - 3,
        problem: 'projection',
        message: `the table actions is not what is recorded: event ${LAST - 3}`,
      },
    ],
    [
      'a move of an alias that is gone from its table',
      'DELETE FROM alias_moves',
      {
        sequence: LAST - 3,
        problem: 'projection',
        message: `the table alias_moves is not what is recorded: event ${LAST - 3}`,
      },
    ],
    [
      'a row of no event',
      `INSERT INTO run_ends VALUES (5000, 'ghost', 'succeeded', 'x', 'x', now()::TIMESTAMP)`,
      { sequence: 5000, problem: 'projection', message: 'the table run_ends is not what is recorded: event 5000' },
    ],
    [
      'a view that leaves something out',
      'CREATE OR REPLACE VIEW aliases AS SELECT model, alias, 1 AS version FROM alias_moves',
      { sequence: null, problem: 'projection', message: 'the view aliases is not as Millrace made it' },
    ],
    [
      'a function in the place of one of DuckDB',
      `CREATE MACRO upper(a) AS 'x'`,
      { sequence: null, problem: 'projection', message: 'the function upper is none that Millrace made' },
    ],
    [
      'a member of an event that is there twice, of which DuckDB reads the first',
      `UPDATE events SET payload = '{"actor":"bob",' || substr(payload, 2) WHERE kind = 'alias_moved'`,
      { sequence: LAST - 3, problem: 'changed', message: expect.stringContaining('is not stored as it was recorded') },
    ],
    [
      'a digest by which the same record would be another',
      `UPDATE events SET digest = repeat('a', 64) WHERE sequence = 5`,
      { sequence: 5, problem: 'changed', message: expect.stringContaining('is not stored as it was recorded') },
    ],
  ])('finds %s', async (_, sql, problem) => {
    await withDatabasePath(async (path) => {
      await owning(path, (client) => client.record(february()));
      await tamper(path, sql);
      const result = await owning(path, (client) => client.verifyAudit());
      expect(result).toMatchObject({ ok: false, problemCount: 1, problems: [problem] });
    });
  });

  it('finds nothing wrong while it is written to, and after tables were made again', async () => {
    await withDatabasePath(async (path) => {
      const records = february();
      await owning(path, async (client) => {
        await client.record(records.slice(0, 60));
        const [verification] = await Promise.all([client.verifyAudit(), client.record(records.slice(60))]);
        expect(verification).toMatchObject({ ok: true });
      });
      await tamper(path, 'DELETE FROM actions');
      await owning(path, async (client) => {
        expect(await client.verifyAudit()).toMatchObject({ ok: false });
        await client.rebuild();
        expect(await client.verifyAudit()).toMatchObject({ ok: true, events: records.length });
      });
    });
  });

  it('finds a chain that was made anew from the change on, because the checkpoint was signed', async () => {
    await withDatabasePath(async (path) => {
      await owning(path, (client) => client.record(february()));
      // What somebody does who has the code but not the key: change, forget the chain, and have it made again.
      await tamper(
        path,
        `UPDATE events SET payload = replace(payload, 'ada', 'bob') WHERE kind = 'alias_moved';
         ${dropOf(MIGRATIONS.slice(2))}; DELETE FROM schema_migrations WHERE version >= 3`,
      );
      const result = await owning(path, (client) => client.verifyAudit());
      expect(result.problems).toEqual([
        // It was not made anew as thoroughly as the chain.
        expect.objectContaining({ sequence: LAST - 3, problem: 'changed' }),
        {
          sequence: LAST,
          problem: 'changed',
          message: `the chain up to event ${LAST} is not what checkpoint 1 signed`,
        },
      ]);
    });
  });

  it('finds checkpoints that were changed or taken away', async () => {
    await withDatabasePath(async (path) => {
      for (const part of [february().slice(0, 50), february().slice(50, 100), february().slice(100)]) {
        await owning(path, (client) => client.record(part));
      }
      const second = join(`${path}.audit`, 'checkpoint-00000002.json');
      const text = await readFile(second, 'utf8');
      await writeFile(second, text.replace('"sequence":100', '"sequence":99'));
      const changed = await owning(path, (client) => client.verifyAudit());
      expect(changed.problems.map(({ message }) => message)).toContain('checkpoint 2 is not what was signed');
      await rm(second);
      const removed = await owning(path, (client) => client.verifyAudit());
      expect(removed.problems).toEqual([{ sequence: null, problem: 'checkpoint', message: 'checkpoint 2 is gone' }]);
    });
  });
});

describe('checkpoints in the object store', () => {
  /** An owner that copies its checkpoints to a folder that is not its own. */
  async function copying<T>(
    path: string,
    work: (client: LineageClient) => Promise<T>,
    pem = KEY.privateKey,
    formerKeys: { key: KeyObject; until: string }[] = [],
  ): Promise<T> {
    const copies = (fingerprint: string) => createNamedFiles(`${path}.bucket/${fingerprint.slice(0, 16)}`);
    const owner = await startLineageOwner({
      databasePath: path,
      audit: { key: parseSigningKey(pem), copies, formerKeys },
    });
    try {
      return await work(createLineageClient({ url: owner.url, timeoutMs: 20_000 }));
    } finally {
      await owner.close();
    }
  }
  const KEY = makeSigningKey();
  const first = february().slice(0, 100);
  const rest = february().slice(100);

  it('are made on demand and by themselves, with a key that is not on the disk', async () => {
    await withDatabasePath(async (path) => {
      await copying(path, async (client) => {
        await client.record(first);
        const { checkpoint, fingerprint } = await client.signAudit();
        expect(checkpoint).toMatchObject({ number: 1, sequence: 100 });
        expect(fingerprint).toBe(keyFingerprint(createPublicKey(KEY.publicKey)));
        expect((await client.signAudit()).checkpoint).toBeNull();
        await client.record(rest);
      });
      const result = await copying(path, (client) => client.verifyAudit());
      expect(result).toMatchObject({ ok: true, checkpoints: 2, stored: 2, signedUpTo: LAST });
      expect(await readdir(`${path}.audit`)).toEqual(['checkpoint-00000001.json', 'checkpoint-00000002.json']);
    });
  });

  it('find the newest records cut off, although the checkpoints beside the database were cut off with them', async () => {
    await withDatabasePath(async (path) => {
      await copying(path, (client) => client.record(first));
      await copying(path, (client) => client.record(rest));
      await tamper(path, 'DELETE FROM events WHERE sequence > 100; DELETE FROM audit_chain WHERE sequence > 100');
      await rm(join(`${path}.audit`, 'checkpoint-00000002.json'));
      const result = await copying(path, (client) => client.verifyAudit());
      expect(result.problems).toEqual([
        {
          sequence: 101,
          problem: 'removed',
          message: `checkpoint 2 signed ${LAST} events, the database ends at 100`,
        },
      ]);
    });
  });

  it('find a history that was made anew, chain, key and checkpoints, by who has all but the object store', async () => {
    await withDatabasePath(async (path) => {
      await copying(path, (client) => client.record(february()));
      await rm(path);
      await rm(`${path}.audit`, { recursive: true });
      const forged = february().map((record) => (record.kind === 'alias_moved' ? { ...record, actor: 'eve' } : record));
      await copying(path, (client) => client.record(forged));
      const told = (await copying(path, (client) => client.verifyAudit())).problems.map(({ message }) => message);
      expect(told).toContain(`checkpoint 1 is not that of the object store, which says ${LAST} events`);
      expect(told).toContain(`the chain up to event ${LAST} is not what checkpoint 1 signed`);
    });
  });

  it('stay good when another key takes over, for as long as the one before is known and within its time', async () => {
    await withDatabasePath(async (path) => {
      const next = makeSigningKey();
      await copying(path, (client) => client.record(first));
      const until = new Date().toISOString();
      const former = [{ key: parsePublicKey(KEY.publicKey), until }];
      const result = await copying(
        path,
        async (client) => {
          await client.record(rest);
          await client.signAudit();
          return client.verifyAudit();
        },
        next.privateKey,
        former,
      );
      expect(result).toMatchObject({ ok: true, checkpoints: 2, stored: 2, signedUpTo: LAST });
      const [before, now] = [KEY, next].map(({ publicKey }) => keyFingerprint(createPublicKey(publicKey)));
      expect(result.keys).toEqual([
        { fingerprint: before, until, checkpoints: 1 },
        { fingerprint: now, until: null, checkpoints: 1 },
      ]);
      expect(result.fingerprint).toBe(now);
      expect((await readdir(`${path}.bucket`)).sort()).toEqual([before, now].map((one) => one?.slice(0, 16)).sort());

      // The key that was given up signs on, as somebody would who stole it.
      await copying(path, (client) =>
        client.record([{ kind: 'action_taken', key: 'a', at: AT, actor: 'a', action: 'x', target: 'y', reason: '' }]),
      );
      const told = await copying(path, (client) => client.verifyAudit(), next.privateKey, former);
      expect(told.problems.map(({ message }) => message)).toContain('checkpoint 3 is not what was signed');
      const late = [{ key: parsePublicKey(KEY.publicKey), until: '2100-01-01T00:00:00Z' }];
      const order = await copying(path, (client) => client.verifyAudit(), next.privateKey, late);
      expect(order.problems.map(({ message }) => message)).toEqual([
        'checkpoint 3 is signed with a key that another had taken over from',
      ]);
      expect(() => parsePublicKey('none')).toThrow('audit.formerKeys: not a public key of Ed25519');
    });
  });

  it('are not taken for good when another key signed them', async () => {
    await withDatabasePath(async (path) => {
      await copying(path, (client) => client.record(first));
      const result = await copying(path, (client) => client.verifyAudit(), makeSigningKey().privateKey);
      expect(result).toMatchObject({ ok: false, stored: 0 });
      expect(result.problems.map(({ message }) => message)).toEqual(['checkpoint 1 is not what was signed']);
      expect(() => parseSigningKey('-----BEGIN PRIVATE KEY-----')).toThrow('audit.key is not a private key of Ed25519');
    });
  });
});
