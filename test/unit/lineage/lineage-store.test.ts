import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { DuckDBInstance } from '@duckdb/node-api';
import { openLineageStore, type LineageStore } from '../../../engine/lineage/index.js';
import { MIGRATIONS } from '../../../engine/lineage/migrations/index.js';
import { project } from '../../../engine/lineage/projection.js';
import type { LineageRecord } from '../../../schemas/index.js';
import {
  aliasMoved,
  datasetRef,
  datasetVersion,
  endpointChanged,
  february,
  marksAndRemovals,
  MODEL,
  modelVersion,
  published,
  registered,
  runStarted,
} from './story.js';
import { errorOf, withDatabasePath, withStore } from './support.js';

async function keysOf(store: LineageStore): Promise<string[]> {
  const rows = await store.read<{ key: string; sequence: number }>(
    'SELECT key, sequence FROM events ORDER BY sequence',
  );
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, index) => index + 1));
  return rows.map(({ key }) => key);
}

describe('the lineage store', () => {
  it('has a second thread for questions about everything, and only while they are asked', async () => {
    await withStore(async (store) => {
      const threads = "SELECT current_setting('threads') AS threads";
      const both = [store.readAll(threads), store.readAll(threads)];
      expect(await Promise.all(both)).toEqual([[{ threads: 2 }], [{ threads: 2 }]]);
      expect(await store.read(threads)).toEqual([{ threads: 1 }]);
      await expect(store.readAll('SELECT nothing')).rejects.toThrow('nothing');
      expect(await store.read(threads)).toEqual([{ threads: 1 }]);
    });
  });

  it('records a story once, however often it is told, and gives the same numbers again', async () => {
    await withDatabasePath(async (path) => {
      const records = february();
      const first = await openLineageStore({ path });
      const recorded = await first.record(records);
      expect(new Set(recorded.map(({ status }) => status))).toEqual(new Set(['recorded']));
      await first.close();

      const second = await openLineageStore({ path });
      const known = await second.record(records);
      expect(known).toEqual(recorded.map((result) => ({ ...result, status: 'known' })));
      expect(await keysOf(second)).toEqual(records.map(({ key }) => key));
      await second.close();
    });
  });

  it('knows a fact again that is told with another time, and keeps the first one', async () => {
    await withStore(async (store) => {
      const first = runStarted('run-1', 'p');
      await store.record([first]);
      const [result] = await store.record([{ ...first, at: '2030-01-01T00:00:00.000Z' }]);
      expect(result?.status).toBe('known');
      const kept = await store.read<{ payload: string }>('SELECT payload FROM events');
      expect(kept.map(({ payload }) => JSON.parse(payload) as unknown)).toEqual([first]);
    });
  });

  it('refuses a key that is on record with other content, however small the difference', async () => {
    await withStore(async (store) => {
      await store.record([runStarted('run-1', 'p')]);
      const changed = { ...runStarted('run-1', 'p'), requestedBy: 'somebody else' };
      expect(await errorOf(store.record([changed]))).toBe(
        'LINEAGE_CONFLICT: the key run-1/start is on record with other content',
      );
      const reordered = Object.fromEntries(Object.entries(runStarted('run-1', 'p')).reverse()) as LineageRecord;
      expect(await store.record([reordered])).toEqual([{ key: 'run-1/start', status: 'known' }]);
    });
  });

  it('records all of a request or nothing, without a trace in the numbers that are given out', async () => {
    await withStore(async (store) => {
      await store.record([runStarted('run-1', 'p')]);
      const conflicting = { ...runStarted('run-1', 'p'), partition: 'q' };
      const refused = store.record([
        registered('run-1', 1),
        aliasMoved('run-1', 'champion', 1),
        endpointChanged('a', 0, modelVersion(1)),
        datasetVersion('run-1', datasetRef('p')),
        conflicting,
      ]);
      // All of these are in the same group as the refused one.
      const neighbours = Promise.all([
        store.record([registered('run-2', 2)]),
        store.record([{ ...endpointChanged('b', 0, null) }]),
      ]);
      expect(await errorOf(refused)).toMatch(/^LINEAGE_CONFLICT/);
      expect((await neighbours).flat()).toMatchObject([{ modelVersion: 1 }, { generation: 1 }]);
      expect(await errorOf(store.record([published('run-1', datasetRef('p'))]))).toMatch(/^DATASET_VERSION_NOT_FOUND/);
      expect(await errorOf(store.record([aliasMoved('run-1', 'champion', 2)]))).toMatch(/^MODEL_NOT_FOUND/);
      expect(await keysOf(store)).toHaveLength(3);
    });
  });

  it('numbers the versions of each model from 1, and gives the same digest the same number', async () => {
    await withStore(async (store) => {
      const numbersOf = async (records: LineageRecord[]) =>
        (await store.record(records)).map(({ modelVersion: version }) => version);
      expect(await numbersOf([registered('run-1', 1), registered('run-1', 2)])).toEqual([1, 2]);
      expect(await numbersOf([registered('run-2', 1)])).toEqual([1]);
      expect(await numbersOf([registered('run-3', 3)])).toEqual([3]);
      const rows = await store.read<{ version: number }>('SELECT version FROM model_versions ORDER BY version');
      expect(rows.map(({ version }) => version)).toEqual([1, 2, 3]);
    });
  });

  it('lets no endpoint serve a version that is not on record', async () => {
    await withStore(async (store) => {
      await store.record([registered('run-1', 1)]);
      expect(await errorOf(store.record([endpointChanged('a', 0, modelVersion(2))]))).toMatch(
        /^MODEL_NOT_FOUND: endpoint flight-delays: flight-delays has no version 2 with the digest/,
      );
      const wrongNumber = { ...modelVersion(1), version: 7 };
      expect(await errorOf(store.record([endpointChanged('a', 0, modelVersion(1), wrongNumber)]))).toMatch(
        /^MODEL_NOT_FOUND/,
      );
    });
  });

  it('lets one of many concurrent changes of an endpoint through', async () => {
    await withStore(async (store) => {
      await store.record([registered('run-1', 1)]);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 20 }, (_, index) =>
          store.record([endpointChanged(`change-${index}`, 0, modelVersion(1))]),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await keysOf(store)).toHaveLength(2);
    });
  });

  it('has in its tables exactly what the events project to', async () => {
    await withStore(async (store) => {
      await store.record([...february(), ...marksAndRemovals()]);
      const events = await store.read<{ payload: string; answer: string }>(
        'SELECT payload, answer FROM events ORDER BY sequence',
      );
      const counts = new Map<string, number>();
      for (const { payload, answer } of events) {
        for (const { table } of project(JSON.parse(payload) as LineageRecord, JSON.parse(answer) as object)) {
          counts.set(table, (counts.get(table) ?? 0) + 1);
        }
      }
      counts.set('events', events.length).set('schema_migrations', MIGRATIONS.length).set('audit_chain', events.length);
      const tables = await store.read<{ name: string }>('SELECT table_name AS name FROM duckdb_tables()');
      expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining([...counts.keys()]));
      for (const { name } of tables) {
        expect([name, (await store.read(`SELECT 1 FROM ${name}`)).length]).toEqual([name, counts.get(name) ?? 0]);
      }
    });
  });

  it('gives any text back as it was recorded', async () => {
    await withStore(async (store) => {
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 40 }), fc.json(), async (text, json) => {
          run += 1;
          const specification = JSON.parse(json) as LineageRecord & null;
          const record: LineageRecord = { ...runStarted(`${run}`, `p${text}`), key: `${run}${text}`, specification };
          await store.record([record]);
          const [row] = await store.read<{ key: string; payload: string; partition: string }>(
            'SELECT key, payload, partition FROM events JOIN run_starts USING (sequence) WHERE run_id = $1',
            [`${run}`],
          );
          expect(row?.key).toBe(record.key);
          expect(row?.partition).toBe(record.partition);
          expect(JSON.parse(row?.payload ?? '')).toEqual(JSON.parse(JSON.stringify(record)));
          expect(await store.record([record])).toMatchObject([{ status: 'known' }]);
        }),
        { numRuns: 40 },
      );
    });
  });

  it('answers for a record that the database cannot take without failing its neighbours', async () => {
    await withStore(async (store) => {
      // Not possible through the API, whose schemas refuse it: a number that no column holds.
      const poison = { ...datasetVersion('run-1', { ...datasetRef('p'), rows: 1e30 }) };
      const outcomes = await Promise.allSettled([
        store.record([runStarted('run-1', 'p')]),
        store.record([poison]),
        store.record([registered('run-1', 1)]),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await keysOf(store)).toEqual(['run-1/start', registered('run-1', 1).key]);
      expect(await store.read('SELECT 1 FROM dataset_versions')).toEqual([]);
    });
  });

  it('keeps a second opening out, in this process too, until it is closed', async () => {
    await withDatabasePath(async (path) => {
      const store = await openLineageStore({ path });
      expect(await errorOf(openLineageStore({ path }))).toMatch(/^LINEAGE_LOCKED: .* is open in this process already$/);
      await Promise.all([store.close(), store.close()]);
      const again = await openLineageStore({ path });
      await again.close();
    });
  });

  it('refuses a file that is not a database', async () => {
    await withDatabasePath(async (path) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, 'a letter to grandmother, long enough to be read as a header'.repeat(100));
      expect(await errorOf(openLineageStore({ path }))).toMatch(/^LINEAGE_DATABASE_UNUSABLE: .*not a valid DuckDB/);
    });
  });
});

describe('migrations', () => {
  const table = (version: number, name: string) => ({
    version,
    name: `make-${name}`,
    sql: `CREATE TABLE ${name} (x INTEGER); CREATE TABLE ${name}_too (x INTEGER)`,
  });
  const EVENTS =
    'CREATE TABLE events (sequence BIGINT, key VARCHAR); CREATE TABLE audit_chain (sequence BIGINT, hash VARCHAR)';
  const events = { version: 1, name: 'events', sql: EVENTS };

  async function openWith(path: string, migrations: readonly { version: number; name: string; sql: string }[]) {
    const store = await openLineageStore({ path, migrations });
    const tables = await store.read<{ name: string }>('SELECT table_name AS name FROM duckdb_tables() ORDER BY ALL');
    await store.close();
    return [store.schemaVersion, ...tables.map(({ name }) => name)];
  }

  it('are applied once, in order, and later ones to a database that has the earlier', async () => {
    await withDatabasePath(async (path) => {
      expect(await openWith(path, [events])).toEqual([1, 'audit_chain', 'events', 'schema_migrations']);
      const later = [events, table(2, 'a'), table(3, 'b')];
      const all = [3, 'a', 'a_too', 'audit_chain', 'b', 'b_too', 'events', 'schema_migrations'];
      expect(await openWith(path, later)).toEqual(all);
      expect(await openWith(path, later)).toEqual(all);
    });
  });

  it('are refused when one that was applied has changed, or was made by a newer Millrace', async () => {
    await withDatabasePath(async (path) => {
      await openWith(path, [events, table(2, 'a')]);
      const changed = { ...table(2, 'a'), sql: 'CREATE TABLE a (x BIGINT)' };
      expect(await errorOf(openWith(path, [events, changed]))).toMatch(
        /^LINEAGE_DATABASE_UNUSABLE: migration 2 \(make-a\) was applied with the digest [0-9a-f]{64}/,
      );
      expect(await errorOf(openWith(path, [events]))).toBe(
        'LINEAGE_DATABASE_UNUSABLE: the database has migration 2 (make-a), this Millrace knows up to 1',
      );
      expect(await openWith(path, [events, table(2, 'a')])).toHaveLength(6);
    });
  });

  it('leave nothing of one that fails half-way', async () => {
    await withDatabasePath(async (path) => {
      const failing = { version: 2, name: 'bad', sql: 'CREATE TABLE c (x INTEGER); SELECT nothing_like_this()' };
      await expect(openWith(path, [events, failing])).rejects.toThrow(/nothing_like_this/);
      expect(await openWith(path, [events])).toEqual([1, 'audit_chain', 'events', 'schema_migrations']);
    });
  });

  it('make a file that DuckDB itself reads', async () => {
    await withDatabasePath(async (path) => {
      const store = await openLineageStore({ path });
      await store.record(february());
      await store.close();
      const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' });
      const connection = await instance.connect();
      const reader = await connection.runAndReadAll(
        "SELECT kind, payload->>'$.model' AS model FROM events WHERE kind = 'alias_moved'",
      );
      expect(reader.getRowObjectsJS()).toEqual([{ kind: 'alias_moved', model: MODEL }]);
      connection.closeSync();
      instance.closeSync();
    });
  });
});
