import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createLocalObjectStore,
  createS3ObjectStore,
  ingestPartition,
  sweepStore,
  type ObjectStore,
} from '../../engine/datasets/index.js';
import { createLineageClient, startLineageOwner, type LineageOwner } from '../../engine/lineage/index.js';
import type { DatasetVersionRef } from '../../schemas/index.js';
import { startSeaweedFs, type S3Server } from '../support/seaweedfs.js';
import { ALL, ingestStep } from '../unit/datasets/workbench.js';

const MAIN = join(__dirname, '../../dist/cli/main.js');
const LONG_AGO = '2001-03-02T01:00:00.000Z';

let folder: string;
let server: S3Server;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-retention-'));
  server = await startSeaweedFs();
}, 400_000);
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

interface Project {
  root: string;
  store: ObjectStore;
  owner: LineageOwner;
}

/** A project with a store of the kind, and two versions of a dataset, the first of them superseded long ago. */
async function project(kind: 'local' | 's3'): Promise<Project & { versions: [DatasetVersionRef, DatasetVersionRef] }> {
  const root = join(folder, kind);
  await mkdir(join(root, 'scratch'), { recursive: true });
  const { endpoint, accessKeyId, secretAccessKey } = server;
  const stored =
    kind === 'local'
      ? { kind, path: 'store' }
      : { kind, bucket: 'millrace', endpoint, accessKeyId: 'secret:id', secretAccessKey: 'secret:key' };
  const retention = { classes: { raw: { keepFor: '30d' } }, datasets: { flights: 'raw' } };
  const config = JSON.stringify({ pipelines: [], stores: { default: stored }, retention });
  await writeFile(join(root, 'millrace.config.mjs'), `export default ${config};`);
  const store =
    kind === 'local'
      ? createLocalObjectStore({ name: 'default', root: join(root, '.millrace', 'store') })
      : createS3ObjectStore({
          ...{ name: 'default', bucket: 'millrace', prefix: '', endpoint, region: 'us-east-1' },
          credentials: async () => ({ accessKeyId, secretAccessKey }),
          cache: { folder: join(root, 'cache'), limitBytes: 1024 ** 3 },
        });
  const owner = await startLineageOwner({ databasePath: join(root, 'lineage.duckdb') });
  const lineage = createLineageClient({ url: owner.url });
  const version = async (rows: string): Promise<DatasetVersionRef> => {
    await writeFile(join(root, 'rows.csv'), rows);
    const step = ingestStep({ source: { kind: 'csv', path: 'rows.csv' } });
    const dependencies = { store, projectDir: root, scratchDir: join(root, 'scratch') };
    const { ref, columns } = await ingestPartition(dependencies, { step, window: ALL });
    const about = { at: LONG_AGO, runId: 'run-1', step: 'raw' };
    const { dataset, partition, version: name } = ref;
    await lineage.record([
      { kind: 'dataset_version', key: `written/${name}`, ...about, ref, columns },
      { kind: 'dataset_published', key: `published/${name}`, ...about, dataset, partition, version: name },
    ]);
    return ref;
  };
  return { root, store, owner, versions: [await version('id\n1\n2\n'), await version('id\n1\n2\n3\n')] };
}

async function millrace({ root, owner }: Project, ...args: string[]): Promise<{ code: number; stdout: string }> {
  const { PATH, HOME } = process.env;
  const secrets = { MILLRACE_SECRET_ID: server.accessKeyId, MILLRACE_SECRET_KEY: server.secretAccessKey };
  const env = { PATH, HOME, MILLRACE_LINEAGE_URL: owner.url, ...secrets };
  const child = spawn(process.execPath, [MAIN, 'dataset', ...args, '--json'], { cwd: root, env });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, stdout };
}

async function decided(about: Project, ...args: string[]): Promise<string[]> {
  const { stdout } = await millrace(about, 'retain', ...args);
  const { versions } = JSON.parse(stdout) as {
    versions: { ref: DatasetVersionRef; action: string; reasons: { reason: string }[] }[];
  };
  return versions
    .map(({ ref, action, reasons }) => `${ref.rows} rows: ${action}, ${reasons.map(({ reason }) => reason).join(' ')}`)
    .sort();
}

/** Makes all objects of a folder old enough for a sweep; a server tells the age itself. */
async function age(root: string): Promise<void> {
  const old = new Date(Date.now() - 24 * 3_600_000);
  const files = await readdir(join(root, '.millrace', 'store'), { recursive: true, withFileTypes: true });
  for (const entry of files) {
    if (entry.isFile()) await utimes(join(entry.parentPath ?? entry.path, entry.name), old, old);
  }
}

describe.each(['local', 's3'] as const)('retention on a store of kind %s', (kind) => {
  it('keeps what is pinned or held, lets the rest go, and only then may a sweep take its bytes', async () => {
    const about = await project(kind);
    const [old, current] = about.versions;
    const name = `flights/all@${old.version.slice(0, 12)}`;
    try {
      expect(await decided(about, '--dry-run')).toEqual(['2 rows: remove, expired', '3 rows: keep, published']);
      expect((await millrace(about, 'pin', name, '--why', 'compared with it', '--by', 'ada')).code).toBe(0);
      expect((await millrace(about, 'hold', 'flights', '--why', 'case 17', '--by', 'legal')).code).toBe(0);
      expect(await decided(about)).toEqual(['2 rows: keep, hold pin', '3 rows: keep, hold published']);
      expect((await millrace(about, 'release', 'flights', '--why', 'settled', '--by', 'legal')).code).toBe(0);
      expect(await decided(about)).toEqual(['2 rows: keep, pin', '3 rows: keep, published']);
      expect((await millrace(about, 'unpin', name, '--why', 'done', '--by', 'ada')).code).toBe(0);
      expect(await decided(about, '--by', 'ada')).toEqual(['2 rows: remove, expired', '3 rows: keep, published']);
      expect(await decided(about)).toEqual(['3 rows: keep, published']);

      // The removal is younger than the grace time: nothing goes yet.
      if (kind === 'local') await age(about.root);
      const swept = JSON.parse((await millrace(about, 'sweep', '--grace', '3h')).stdout) as { removed: object };
      expect(swept.removed).toEqual({ objects: 0, bytes: 0 });
      expect(await about.store.exists(old.uri)).toBe(true);
      expect(await about.store.exists(current.uri)).toBe(true);
      const lineage = createLineageClient({ url: about.owner.url });
      const later = new Date(Date.now() + 3_600_000);
      const recorded = async function* () {
        yield* (await lineage.recordedObjects({ removedBefore: later.toISOString() })).objects;
      };
      const { removed } = await sweepStore({ store: about.store, recorded, before: later, dryRun: false });
      expect(removed.objects).toBe(2);
      expect(await about.store.exists(old.uri)).toBe(false);
      expect(await about.store.exists(current.uri)).toBe(true);
      const { entries } = await lineage.audit();
      expect(entries.map(({ actor, action }) => `${actor} ${action}`).slice(0, 5)).toEqual([
        'ada remove',
        'ada unpin',
        'legal release_hold',
        'legal hold',
        'ada pin',
      ]);
    } finally {
      await about.owner.close();
    }
  });

  it('refuses a mark on what is not on record, and without a reason', async () => {
    const about = await project(kind);
    try {
      const { code, stdout } = await millrace(about, 'pin', 'flights/all@abcdef', '--why', 'no such version');
      expect([code, JSON.parse(stdout).error.code]).toEqual([2, 'DATASET_VERSION_NOT_FOUND']);
      expect((await millrace(about, 'pin', 'flights/all')).code).toBe(2);
    } finally {
      await about.owner.close();
    }
  });
});
