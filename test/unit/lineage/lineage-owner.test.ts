import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLineageClient, startLineageOwner } from '../../../engine/lineage/index.js';
import { MIGRATIONS } from '../../../engine/lineage/migrations/index.js';
import type { ModelServerStatus } from '../../../schemas/index.js';
import {
  aliasMoved,
  AT,
  datasetRef,
  datasetVersion,
  endpointChanged,
  february,
  MODEL,
  modelVersion,
  partitionOf,
  published,
  quality,
  registered,
  runStarted,
} from './story.js';
import { errorOf, withDatabasePath, withOwner } from './support.js';

describe('the lineage owner', () => {
  it('pages through runs while others begin: none twice, none left out', async () => {
    await withOwner(async (client) => {
      await client.record(february());
      const before = (await client.runs({ limit: 1000 })).map(({ runId }) => runId);
      const seen: string[] = [];
      for (let after: string | undefined, page = 1; ; page++) {
        const { runs, next } = await client.runsPage({ limit: 7, ...(after !== undefined && { after }) });
        expect(runs.length).toBeLessThanOrEqual(7);
        seen.push(...runs.map(({ runId }) => runId));
        if (next === null) break;
        after = next;
        await client.record([runStarted(`late-${page}`, 'late')]);
      }
      expect(before.length).toBeGreaterThan(14);
      expect(seen).toEqual(before);
      expect((await client.runsPage({ partition: 'late', limit: 1 })).runs[0]?.runId).toMatch(/^late-/);
      expect(await errorOf(client.runsPage({ after: 'no cursor' }))).toMatch(/^INPUT_INVALID: .*after/);
    });
  });

  it('tells a whole story as it was recorded', async () => {
    await withOwner(async (client) => {
      const records = february();
      const results = await client.record(records);
      expect(results.map(({ key }) => key)).toEqual(records.map(({ key }) => key));
      expect(results.find(({ key }) => key.includes('/register/'))?.modelVersion).toBe(1);
      expect(results.find(({ key }) => key === 'run-1/endpoint')?.generation).toBe(1);

      expect(await client.health()).toEqual({
        status: 'ok',
        schemaVersion: MIGRATIONS.length,
        records: records.length,
      });
      expect(await client.datasets()).toEqual([
        { dataset: 'flights', partitions: 28, published: 28, versions: 28, rows: 28 * 16_500, writtenAt: AT },
      ]);
      const [version, ...others] = await client.datasetVersions('flights', { partition: partitionOf(3) });
      expect(others).toEqual([]);
      expect(version).toEqual({
        ref: datasetRef(partitionOf(3)),
        columns: [{ name: 'delay', type: 'BIGINT', nullable: false }],
        runId: 'night-2001-02-03',
        step: 'raw',
        writtenAt: AT,
        published: true,
        verdict: 'pass',
        removedAt: null,
        states: null,
        marks: [],
      });

      expect((await client.runs({ pipeline: 'flight-delays', limit: 2 })).map(({ runId }) => runId)).toEqual([
        'run-1',
        'night-2001-02-28',
      ]);
      expect(await client.runs({ pipeline: 'other' })).toEqual([]);
      const run = await client.run('run-1');
      expect(run).toMatchObject({ verdict: 'succeeded', reason: 'PROMOTED', finishedAt: AT, forced: false });
      expect(run.steps).toEqual([
        {
          step: 'train',
          type: 'train',
          status: 'succeeded',
          startedAt: AT,
          finishedAt: AT,
          summary: 'train done',
          code: null,
        },
      ]);
      const [result] = await client.runQuality('night-2001-02-03');
      expect(result).toMatchObject({ version: datasetRef(partitionOf(3)).version, report: { verdict: 'pass' } });

      expect(await client.models()).toEqual([
        { model: MODEL, versions: 1, newest: modelVersion(1), registeredAt: AT, aliases: { champion: 1 } },
      ]);
      const model = await client.model(MODEL);
      expect(model.versions[0]).toMatchObject({ version: 1, runId: 'run-1', seed: 17, metrics: { roc_auc: 0.67 } });
      const champion = await client.alias(MODEL, 'champion');
      expect(champion.ref).toEqual(modelVersion(1));
      expect(champion.trainedOn.map(({ partition }) => partition)).toEqual(
        Array.from({ length: 28 }, (_, index) => partitionOf(index + 1)),
      );
      expect(await client.endpoints()).toEqual([await client.endpoint('flight-delays')]);
      expect(await client.endpoint('flight-delays')).toMatchObject({ generation: 1, stable: modelVersion(1) });
      expect((await client.endpointHistory('flight-delays')).map(({ actor }) => actor)).toEqual(['rollout']);
    });
  });

  it('keeps who moved an alias from where to where, and why', async () => {
    await withOwner(async (client) => {
      await client.record([registered('run-1', 1), registered('run-2', 2), aliasMoved('run-1', 'champion', 1)]);
      await client.record([aliasMoved('run-2', 'champion', 2)]);
      await client.record([aliasMoved('run-3', 'champion', null)]);
      const moves = await client.aliasHistory(MODEL, 'champion');
      expect(moves.map(({ from, to, runId }) => [from, to, runId])).toEqual([
        [2, null, 'run-3'],
        [1, 2, 'run-2'],
        [null, 1, 'run-1'],
      ]);
      expect(moves[0]).toMatchObject({ actor: 'ada', reason: 'won the comparison' });
      expect(await errorOf(client.alias(MODEL, 'champion'))).toBe(
        'NOT_FOUND: the model flight-delays has no alias champion',
      );
    });
  });

  it('resolves partitions to what was published, rejected or never written', async () => {
    await withOwner(async (client) => {
      const [good, bad, unchecked, broken] = [1, 2, 3, 4].map((day) => datasetRef(partitionOf(day)));
      const repaired = datasetRef(partitionOf(2), 'repaired');
      if (!good || !bad || !unchecked || !broken) throw new Error('unreachable');
      await client.record([
        ...[good, bad, unchecked, broken].map((ref) => datasetVersion('run-1', ref)),
        quality('run-1', good, 'warn'),
        published('run-1', good),
        quality('run-1', bad, 'fail'),
        quality('run-1', broken, 'error'),
      ]);
      const resolve = async () =>
        Object.fromEntries(
          (await client.resolvePartitions('flights', [4, 1, 5, 3, 2].map(partitionOf))).map(
            ({ partition, state, ref }) => [partition.slice(-1), ref === null ? state : [state, ref.version]],
          ),
        );
      expect(await resolve()).toEqual({
        '4': 'rejected',
        '1': ['available', good.version],
        '5': 'missing',
        '3': 'missing',
        '2': 'rejected',
      });
      await client.record([
        datasetVersion('run-2', repaired),
        quality('run-2', repaired, 'pass'),
        published('run-2', repaired),
        quality('run-3', good, 'fail'),
      ]);
      expect(await resolve()).toMatchObject({ '1': ['available', good.version], '2': ['available', repaired.version] });
    });
  });

  it('answers for many partitions in the order that was asked, repetitions included', async () => {
    await withOwner(async (client) => {
      await client.record([datasetVersion('run-1', datasetRef('k7')), published('run-1', datasetRef('k7'))]);
      const keys = [...Array.from({ length: 12_000 }, (_, index) => `k${index}`), 'k7'];
      const states = await client.resolvePartitions('flights', keys);
      expect(states.map(({ partition }) => partition)).toEqual(keys);
      expect(states.flatMap(({ state }, index) => (state === 'available' ? [index] : []))).toEqual([7, 12_000]);
    });
  });

  it('refuses a change of an endpoint that is at another generation, and names that', async () => {
    await withOwner(async (client) => {
      await client.record([registered('run-1', 1), registered('run-2', 2)]);
      await client.record([endpointChanged('a', 0, modelVersion(1))]);
      await client.record([endpointChanged('b', 1, modelVersion(1), modelVersion(2))]);
      expect(await errorOf(client.record([endpointChanged('c', 1, modelVersion(2))]))).toBe(
        'LINEAGE_CONFLICT: endpoint flight-delays is at generation 2, the change expected 1',
      );
      expect(await client.endpoint('flight-delays')).toMatchObject({ generation: 2, canaryWeight: 5 });
      expect((await client.record([endpointChanged('d', 2, null)]))[0]?.generation).toBe(3);
      expect(await client.endpoint('flight-delays')).toMatchObject({ generation: 3, stable: null });
      expect(await client.endpoint('other')).toBeNull();
    });
  });

  it('lists model servers that were heard of lately, at the last thing they said', async () => {
    await withOwner(async (client, url) => {
      const status: ModelServerStatus = { serverId: 'server/1', url: 'http://127.0.0.1:1', endpoints: [] };
      const ready = { endpoint: 'flight-delays', generation: 1, ready: true, error: null, statistics: [] };
      await client.reportModelServer(status);
      await client.reportModelServer({ ...status, endpoints: [ready] });
      expect(await client.modelServers()).toEqual([{ ...status, endpoints: [ready] }]);
      const answer = await fetch(`${url}/api/v1/model-servers/other`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(status),
      });
      expect(answer.status).toBe(400);
    });
  });

  it.each([
    ['records', { records: [{ ...runStarted('run-1', 'p'), at: 'yesterday' }] }, 400, 'records[0].at'],
    ['records', { records: [] }, 400, 'records'],
    ['records', { records: [{ kind: 'rumour' }] }, 400, 'records[0].kind'],
    ['partitions/resolve', { dataset: 'Flights', partitions: ['p'] }, 400, 'dataset'],
  ])('names by path what is wrong with a body for %s', async (path, body, status, problem) => {
    await withOwner(async (_, url) => {
      const answer = await fetch(`${url}/api/v1/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      expect(answer.status).toBe(status);
      const { error } = (await answer.json()) as { error: { code: string; problems: { path: string }[] } };
      expect(error.code).toBe('INPUT_INVALID');
      expect(error.problems.map(({ path }) => path)).toEqual([problem]);
    });
  });

  it.each([
    'audit',
    'objects',
    'datasets/flights/versions',
    'gaps/runs',
    'gaps/versions',
    'stale',
    'datasets/flights/retention',
  ])('refuses a page of %s after what no page ended with', async (path) => {
    await withOwner(async (client, url) => {
      await client.record([registered('run-1', 1), ...february().slice(0, 20)]);
      for (const parts of [
        'nonsense',
        '[]',
        '["1; DROP TABLE events"]',
        '["-1"]',
        '["1e9"]',
        '["99999999999999999999"]',
        '[1,2,3]',
      ]) {
        const after = Buffer.from(parts).toString('base64url');
        const answer = await fetch(`${url}/api/v1/${path}?after=${after}`);
        expect([parts, answer.status]).toEqual([parts, 400]);
        expect(await answer.json()).toMatchObject({ error: { code: 'INPUT_INVALID', problems: [{ path: 'after' }] } });
      }
    });
  });

  it('answers a path that cannot be decoded as it answers all else', async () => {
    await withOwner(async (_, url) => {
      const answer = await fetch(`${url}/api/v1/models/%E0%A4%A`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: { code: 'INPUT_INVALID', problems: [] } });
    });
  });

  it.each([
    ['text that is not JSON', 'application/json', '{', 400, 'Send valid JSON.'],
    ['no text at all', 'application/json', '', 400, 'Send JSON, or leave out the header Content-Type.'],
    ['another type than JSON', 'text/plain', '{}', 415, 'Send JSON, with the header Content-Type: application/json.'],
    [
      'more than 16 MB',
      'application/json',
      `"${'x'.repeat(16 * 1024 * 1024)}"`,
      413,
      'Send less in one request, at most 16 MiB, unpacked.',
    ],
  ])('refuses %s, and says what to do', async (_, type, body, status, remedy) => {
    await withOwner(async (_client, url) => {
      const answer = await fetch(`${url}/api/v1/records`, { method: 'POST', headers: { 'content-type': type }, body });
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ error: { code: 'INPUT_INVALID', problems: [], remedy } });
    });
  });

  it.each([
    ['/api/v1/runs/nobody', 404, 'NOT_FOUND'],
    ['/api/v1/models/none', 404, 'NOT_FOUND'],
    ['/api/v1/endpoints/none', 404, 'NOT_FOUND'],
    ['/api/v1/nothing', 404, 'NOT_FOUND'],
    ['/api/v1/runs?limit=0', 400, 'INPUT_INVALID'],
    ['/api/v1/runs?limt=5', 400, 'INPUT_INVALID'],
  ])('answers GET %s with %d %s', async (path, status, code) => {
    await withOwner(async (_, url) => {
      const answer = await fetch(`${url}${path}`);
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ error: { code } });
    });
  });

  it('shows people a page in which nothing on record becomes markup', async () => {
    await withOwner(async (client, url) => {
      await client.record([...february(), { ...runStarted('run-x', 'p'), requestedBy: '<script>alert(1)</script>' }]);
      const answer = await fetch(url);
      expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
      const page = await answer.text();
      expect(page).toContain('flight-delays v1');
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
      expect(page).not.toContain('<script');
    });
  });

  it('says when its port is taken, and lets go of the database', async () => {
    await withDatabasePath(async (databasePath) => {
      const other = createServer();
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      const { port } = other.address() as AddressInfo;
      try {
        expect(await errorOf(startLineageOwner({ databasePath, port }))).toBe(
          `PORT_IN_USE: port ${port} of 127.0.0.1 is taken`,
        );
        await (await startLineageOwner({ databasePath })).close();
      } finally {
        await new Promise((resolve) => other.close(resolve));
      }
    });
  });

  it('has committed everything it was given before it closes', async () => {
    await withDatabasePath(async (databasePath) => {
      const owner = await startLineageOwner({ databasePath });
      const client = createLineageClient({ url: owner.url });
      await client.health();
      const writes = Array.from({ length: 20 }, (_, index) => client.record([runStarted(`run-${index}`, 'p')]));
      await writes[0];
      const outcomes = (await Promise.all([Promise.allSettled(writes), owner.close()]))[0];
      const acknowledged = outcomes.filter(({ status }) => status === 'fulfilled').length;
      const again = await startLineageOwner({ databasePath });
      const { records } = await createLineageClient({ url: again.url }).health();
      await again.close();
      expect(records).toBeGreaterThanOrEqual(acknowledged);
      expect(acknowledged).toBeGreaterThan(0);
    });
  });
});
