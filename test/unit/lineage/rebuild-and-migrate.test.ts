import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { openLineageStore, type LineageStore } from '../../../engine/lineage/index.js';
import { MIGRATIONS } from '../../../engine/lineage/migrations/index.js';
import { migrate } from '../../../engine/lineage/migrations/migrate.js';
import { february, marksAndRemovals } from './story.js';
import { withDatabasePath, withStore } from './support.js';

/** Every row of every table, as text, tables and rows sorted; what says when something was done is left out. */
async function contents(store: Pick<LineageStore, 'read'>): Promise<Record<string, string[]>> {
  const tables = await store.read<{ name: string }>(
    "SELECT table_name AS name FROM duckdb_tables() WHERE table_name <> 'schema_migrations' ORDER BY 1",
  );
  const all: Record<string, string[]> = {};
  for (const { name } of tables) {
    const rows = await store.read<{ row: string }>(`SELECT to_json(t)::VARCHAR AS row FROM "${name}" t ORDER BY 1`);
    all[name] = rows.map(({ row }) => row.replace(/"recorded_at":"[^"]*"/, ''));
  }
  return all;
}

async function withConnection(path: string, work: (connection: DuckDBConnection) => Promise<unknown>): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await work(connection);
  connection.closeSync();
  instance.closeSync();
}

describe('projections', () => {
  it('are made again from the events alone, row for row', async () => {
    await withDatabasePath(async (path) => {
      let store = await openLineageStore({ path });
      await store.record(february());
      const before = await contents(store);
      await store.close();
      // Some rows lost, some invented.
      await withConnection(path, async (connection) => {
        await connection.run('DELETE FROM steps; DELETE FROM edges WHERE sequence > 20');
        await connection.run("INSERT INTO run_ends VALUES (999, 'ghost', 'failed', 'X', 'x', now()::TIMESTAMP)");
      });
      store = await openLineageStore({ path });
      expect(await contents(store)).not.toEqual(before);
      expect(await store.rebuild()).toBe(february().length);
      expect(await contents(store)).toEqual(before);
      await store.close();
    });
  });

  it('are rebuilt while commits wait and reads go on', async () => {
    await withStore(async (store) => {
      const [first, ...rest] = february();
      if (first === undefined) throw new Error('no story');
      await store.record([first]);
      const rebuilding = store.rebuild();
      const recording = store.record(rest);
      expect(await store.read('SELECT 1 FROM run_starts')).toHaveLength(1);
      expect(await rebuilding).toBe(1);
      expect(await recording).toHaveLength(rest.length);
      const before = await contents(store);
      await store.rebuild();
      expect(await contents(store)).toEqual(before);
    });
  });
});

describe('a database of an earlier version', () => {
  it.each(MIGRATIONS.slice(0, -1).map(({ version }) => version))(
    'made by version %i has all that a new one has after it was opened',
    async (version) => {
      const records = [...february(), ...marksAndRemovals()];
      let expected: Record<string, string[]> = {};
      await withStore(async (store) => {
        await store.record(records);
        expected = await contents(store);
        await withDatabasePath(async (path) => {
          await (await openLineageStore({ path })).close(); // makes the folder
          const old = `${path}.old`;
          const events = await store.read<Record<string, string>>('SELECT * FROM events ORDER BY sequence');
          await withConnection(old, async (connection) => {
            await migrate(
              connection,
              MIGRATIONS.slice(0, version).map(({ rebuild: _, ...migration }) => migration),
            );
            for (const { sequence, key, kind, digest, payload, answer, recorded_at: at } of events) {
              await connection.run(
                'INSERT INTO events VALUES ($1::VARCHAR::BIGINT, $2, $3, $4, $5, $6, $7::TIMESTAMP)',
                [String(sequence), key ?? '', kind ?? '', digest ?? '', payload ?? '', answer ?? '', at ?? ''],
              );
            }
            if (version < 3) return;
            // From here on a database has its chain already.
            for (const { sequence, hash } of await store.read<Record<string, string>>('SELECT * FROM audit_chain')) {
              await connection.run('INSERT INTO audit_chain VALUES ($1::VARCHAR::BIGINT, $2)', [
                String(sequence),
                hash ?? '',
              ]);
            }
          });
          const migrated = await openLineageStore({ path: old });
          expect(migrated.schemaVersion).toBe(MIGRATIONS.length);
          const found = await contents(migrated);
          for (const [table, rows] of Object.entries(expected)) expect([table, found[table]]).toEqual([table, rows]);
          expect(await migrated.record(records)).toMatchObject(records.map(() => ({ status: 'known' })));
          await migrated.close();
        });
      });
    },
  );
});
