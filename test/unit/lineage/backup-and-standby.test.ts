import { readdir, stat, writeFile, rm, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  createLineageClient,
  downloadBackup,
  openLineageStore,
  restoreBackup,
  startLineageOwner,
} from '../../../engine/lineage/index.js';
import { killOwner, spawnOwner } from './owner-process.js';
import { february, runStarted } from './story.js';
import { errorOf, withDatabasePath } from './support.js';

describe('a backup', () => {
  it('is taken while the owner is written to, and has all that was acknowledged before it was asked for', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath });
      const client = createLineageClient({ url: owner.url });
      await client.record(february());
      let count = 0;
      let writing = true;
      const writer = (async () => {
        while (writing) await client.record([runStarted(`during-${(count += 1)}`, 'p')]);
      })();
      const file = `${databasePath}.backup`;
      const bytes = await downloadBackup({ url: owner.url, to: file });
      writing = false;
      await writer;
      expect(bytes).toBe((await stat(file)).size);
      // Nothing but the database is left beside it, and nobody else can open that one.
      expect((await readdir(dirname(databasePath))).filter((name) => name.startsWith('.'))).toEqual([]);
      expect(await errorOf(restoreBackup({ from: file, databasePath }))).toMatch(/^LINEAGE_LOCKED/);
      await client.record([runStarted('after', 'p')]);
      await owner.close();

      const restored = await restoreBackup({ from: file, databasePath });
      expect(restored.records).toBeGreaterThanOrEqual(february().length);
      expect(restored.records).toBeLessThanOrEqual(february().length + count);
      const store = await openLineageStore({ path: databasePath });
      expect(await store.read("SELECT 1 FROM run_starts WHERE run_id = 'run-1'")).toHaveLength(1);
      expect(await store.read("SELECT 1 FROM run_starts WHERE run_id = 'after'")).toHaveLength(0);
      await store.close();
      // What was there before is whole as well.
      const previous = await openLineageStore({ path: restored.previous ?? '' });
      expect(await previous.read("SELECT 1 FROM run_starts WHERE run_id = 'after'")).toHaveLength(1);
      await previous.close();
    });
  });

  it('takes the place of a database that is damaged or gone, whose log is kept and not taken for its own', async () => {
    await withDatabasePath(async (databasePath) => {
      const whole = await openLineageStore({ path: databasePath });
      await whole.record(february());
      const file = `${databasePath}.backup`;
      await whole.backup(file);
      await whole.close();
      const damages = [
        () => writeFile(databasePath, 'not a database'),
        () => truncate(databasePath, 20_000),
        () => rm(databasePath),
      ];
      for (const damage of damages) {
        await damage();
        await writeFile(`${databasePath}.wal`, 'a log of something else');
        const { records, previous } = await restoreBackup({ from: file, databasePath });
        expect(records).toBe(february().length);
        const store = await openLineageStore({ path: databasePath });
        expect(await store.record(february())).toMatchObject(february().map(() => ({ status: 'known' })));
        await store.close();
        const kept = (await readdir(dirname(databasePath))).filter((name) => /\.before-.*\.wal$/.test(name));
        expect(kept).toHaveLength(damages.indexOf(damage) + 1);
        if (previous !== null) expect((await stat(previous)).size).toBeGreaterThan(0);
      }
    });
  });

  it('that is none is refused, and replaces nothing', async () => {
    await withDatabasePath(async (databasePath) => {
      const store = await openLineageStore({ path: databasePath });
      await store.record(february());
      await store.close();
      const file = `${databasePath}.bad`;
      await writeFile(file, 'not a database');
      const refused = await errorOf(restoreBackup({ from: file, databasePath }));
      expect(refused).toMatch(/^LINEAGE_DATABASE_UNUSABLE/);
      expect(refused).toContain(file);
      expect(refused).not.toContain('.restore-');
      expect(await errorOf(restoreBackup({ from: join(file, 'x'), databasePath }))).toMatch(/^NOT_FOUND/);
      const again = await openLineageStore({ path: databasePath });
      expect(await again.record(february())).toMatchObject(february().map(() => ({ status: 'known' })));
      await again.close();
    });
  });
});

describe('a standby', () => {
  it('takes over when the owner is killed, on its port, and clients go on', async () => {
    await withDatabasePath(async (databasePath) => {
      const first = await spawnOwner(databasePath);
      const port = Number(new URL(first.url).port);
      const taken = new AbortController();
      const waiting = startLineageOwner({ databasePath, port, standby: taken.signal });
      const client = createLineageClient({ url: first.url });
      await client.record([runStarted('before', 'p')]);
      await Promise.race([waiting.then(() => Promise.reject(new Error('two owners'))), delay(600)]);
      await killOwner(first.child);
      const second = await waiting;
      expect(second.url).toBe(first.url);
      expect(await client.record([runStarted('before', 'p'), runStarted('then', 'p')])).toMatchObject([
        { status: 'known' },
        { status: 'recorded' },
      ]);
      await second.close();
    });
  });

  it('at an address of its own is found by clients that know both', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath });
      const client = createLineageClient({ url: `http://127.0.0.1:9,${owner.url}` });
      expect((await client.health()).status).toBe('ok');
      expect(await errorOf(client.model('nothing'))).toMatch(/^NOT_FOUND/);
      await owner.close();
      expect(await errorOf(client.health())).toMatch(/^LINEAGE_UNREACHABLE/);
    });
  });

  it('gives up when it is told to', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath });
      const waiting = startLineageOwner({ databasePath, standby: AbortSignal.timeout(400) });
      await expect(waiting).rejects.toThrow();
      await owner.close();
    });
  });
});
