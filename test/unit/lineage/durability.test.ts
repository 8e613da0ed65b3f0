import { execFileSync } from 'node:child_process';
import { createLineageClient, openLineageStore } from '../../../engine/lineage/index.js';
import type { LineageRecord } from '../../../schemas/index.js';
import { until } from '../../support/until.js';
import { killOwner, spawnOwner } from './owner-process.js';
import { runStarted, stepFinished } from './story.js';
import { errorOf, withDatabasePath } from './support.js';

/** Records of one request: a small one, or one so large that some dozens of them make DuckDB checkpoint. */
function request(round: number, writer: number, count: number): LineageRecord[] {
  const runId = `run-${round}-${writer}-${count}`;
  const specification = { filler: writer === 0 ? `${runId} `.repeat(20_000) : '' };
  return [{ ...runStarted(runId, 'p'), specification }, stepFinished(runId, 'raw', 'ingest', [])];
}

describe('a lineage owner that is killed', () => {
  it('has lost nothing that it acknowledged and kept nothing by halves, time and again', async () => {
    await withDatabasePath(async (path) => {
      const acknowledged = new Set<string>();
      for (let round = 1; round <= 3; round += 1) {
        const { child, url } = await spawnOwner(path);
        const client = createLineageClient({ url });
        let answers = 0;
        let reached = () => {};
        const enough = new Promise<void>((resolve) => (reached = resolve));
        const writers = Array.from({ length: 8 }, async (_, writer) => {
          for (let count = 0; ; count += 1) {
            const records = request(round, writer, count);
            const results = await client.record(records).catch(() => null);
            if (results === null) return; // the owner is gone
            for (const { key } of results) acknowledged.add(key);
            if ((answers += 1) > 100 * round) reached();
          }
        });
        await enough;
        await killOwner(child);
        await Promise.all(writers);

        const store = await openLineageStore({ path });
        const events = await store.read<{ key: string; sequence: number }>(
          'SELECT key, sequence FROM events ORDER BY sequence',
        );
        expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
        const keys = new Set(events.map(({ key }) => key));
        expect([...acknowledged].filter((key) => !keys.has(key))).toEqual([]);
        expect(keys.size).toBe(events.length);
        // Both records of each request, and the projection of each record.
        const [starts, steps] = await Promise.all(
          ['run_starts', 'steps'].map((table) =>
            store.read<{ run_id: string }>(`SELECT run_id FROM ${table} ORDER BY 1`),
          ),
        );
        expect(starts).toEqual(steps);
        expect(starts).toHaveLength(events.length / 2);
        await store.close();
      }
      expect(acknowledged.size).toBeGreaterThan(600);
    });
  });

  it('keeps other processes out until then', async () => {
    await withDatabasePath(async (path) => {
      const { child } = await spawnOwner(path);
      try {
        expect(await errorOf(openLineageStore({ path }))).toMatch(/^LINEAGE_LOCKED: .* is held by another process/);
      } finally {
        await killOwner(child);
      }
      await (await openLineageStore({ path })).close();
    });
  });

  it('makes its clients fail with LINEAGE_UNREACHABLE', async () => {
    await withDatabasePath(async (path) => {
      const { child, url } = await spawnOwner(path);
      const client = createLineageClient({ url });
      expect((await client.health()).records).toBe(0);
      await killOwner(child);
      expect(await errorOf(client.health())).toMatch(/^LINEAGE_UNREACHABLE: http:/);
    });
  });
});

describe('a lineage owner whose disk is full', () => {
  it('is as one that is down, opens the database again when there is room, and has lost nothing', async () => {
    await withDatabasePath(async (path) => {
      const { child, url } = await spawnOwner(path);
      try {
        // A file that may not grow behaves as one on a disk that is full.
        const limitFiles = (bytes: string) =>
          execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
        limitFiles(String(8 * 1024 ** 2));
        const client = createLineageClient({ url });
        const acknowledged: LineageRecord[] = [];
        const refusals = new Set<string>();
        for (let count = 0; refusals.size === 0 || count < 60; count += 1) {
          if (count === 400) throw new Error('the disk is never full');
          const records = request(1, 0, count);
          const failure = await client.record(records).then(
            () => undefined,
            (error: { code: string }) => error.code,
          );
          if (failure === undefined) acknowledged.push(...records);
          else refusals.add(failure);
        }
        expect([...refusals]).toEqual(['LINEAGE_UNREACHABLE']);
        limitFiles('unlimited');
        await until(() => client.record([runStarted('afterwards', 'p')]).catch(() => null));
        const again = await client.record(acknowledged);
        expect(new Set(again.map(({ status }) => status))).toEqual(new Set(['known']));
        expect(await client.verifyAudit()).toMatchObject({ ok: true });
        expect(child.exitCode).toBeNull();
      } finally {
        await killOwner(child);
      }
    });
  });
});
