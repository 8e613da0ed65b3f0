import { spawnSync } from 'node:child_process';
import { utimes, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  diffVersions,
  exportVersion,
  ingestPartition,
  readManifest,
  sweepStore,
  type SweepOptions,
} from '../../../engine/datasets/index.js';
import { compiledModule } from '../../../engine/threads.js';
import type { DatasetVersionRef, RecordedObject } from '../../../schemas/index.js';
import { ALL, FLIGHTS, ingestStep, openWorkbench, refusal, rowsOf, sql, WEATHER, type Workbench } from './workbench.js';

let bench: Workbench;
beforeEach(async () => (bench = await openWorkbench()));
afterEach(async () => {
  expect(await bench.leftovers()).toEqual([]);
  await bench.close();
});

async function versionOf(csv: string, more: object = {}): Promise<DatasetVersionRef> {
  await writeFile(join(bench.root, 'rows.csv'), csv);
  const step = ingestStep({ source: { kind: 'csv', path: 'rows.csv' }, allowEmpty: true, ...more });
  return (await ingestPartition(bench, { step, window: ALL })).ref;
}

describe('a version', () => {
  it('is the same in another process, with another number of threads and another scratch folder', async () => {
    const step = ingestStep({ source: { kind: 'parquet', path: FLIGHTS } });
    const here = (await ingestPartition(bench, { step, window: ALL })).ref;
    const module = compiledModule(__filename.replace(/test\/unit\/.*/, 'engine/datasets/x.ts'), './index');
    const program = `
      const { createLocalObjectStore, ingestPartition } = require(process.argv[1]);
      const { root, step } = JSON.parse(process.argv[2]);
      const store = createLocalObjectStore({ name: 'default', root: root + '/other-store' });
      const deps = { store, projectDir: root, scratchDir: root + '/other-scratch', memoryLimit: '600MB' };
      ingestPartition(deps, { step, window: { key: 'all' } }).then(({ ref }) => console.log(JSON.stringify(ref)));`;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['-e', program, module, JSON.stringify({ root: bench.root, step })],
      { encoding: 'utf8', env: { ...process.env, TZ: 'Asia/Tokyo', LANG: 'de_DE.UTF-8' } },
    );
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(here);
  });
});

describe('diffVersions', () => {
  it('counts rows by key, and names the columns that differ', async () => {
    const before = await versionOf('id,name,old\n1,a,x\n2,b,x\n3,c,x\n');
    const after = await versionOf('id,new,name\n2,1.5,b\n3,1.5,C\n4,1.5,d\n5,1.5,e\n');
    expect(await diffVersions(bench, { before, after, key: ['id'] })).toEqual({
      columns: {
        added: [{ name: 'new', type: 'DOUBLE', nullable: true }],
        removed: [{ name: 'old', type: 'VARCHAR', nullable: true }],
        changed: [],
        reordered: false,
      },
      rows: { before: 3, after: 4 },
      changes: {
        key: ['id'],
        added: 2,
        removed: 1,
        changed: 1,
        repeatedKeys: { before: 0, after: 0, examples: [] },
        examples: { added: [{ id: '4' }, { id: '5' }], removed: [{ id: '1' }], changed: [{ id: '3' }] },
      },
    });
  });

  it('compares whole rows without a key, each as often as it is there', async () => {
    const before = await versionOf('a,b\n1,x\n1,x\n2,\n');
    const after = await versionOf('a,b\n1,x\n2,\n3,\n3,\n');
    const { changes } = await diffVersions(bench, { before, after });
    expect(changes).toMatchObject({ key: null, added: 2, removed: 1, changed: null });
    expect(changes.examples.added).toEqual([
      { a: '3', b: null },
      { a: '3', b: null },
    ]);
  });

  it('tells that keys stand for several rows, and takes null for a key like any other', async () => {
    const before = await versionOf('id,v\n,1\n1,1\n1,2\n');
    const after = await versionOf('id,v\n,2\n1,1\n1,2\n');
    const { changes } = await diffVersions(bench, { before, after, key: ['id'] });
    expect(changes).toMatchObject({
      ...{ added: 0, removed: 0, changed: 1 },
      repeatedKeys: { before: 1, after: 1, examples: [{ key: { id: '1' }, before: 2, after: 2 }] },
    });
    expect(changes.examples.changed).toEqual([{ id: null }]);
  });

  it('compares integers of different sizes by their values, in keys and elsewhere', async () => {
    const columns = (type: string) => ['id', 'v'].map((name) => ({ name, type, nullable: true }));
    const before = await versionOf('id,v\n1,1\n2,2\n3,3\n', { columns: columns('INTEGER') });
    const after = await versionOf('id,v\n1,1\n2,5\n4,4\n', { columns: columns('BIGINT') });
    const { changes } = await diffVersions(bench, { before, after, key: ['id'] });
    expect(changes).toMatchObject({ added: 1, removed: 1, changed: 1 });
    expect((await diffVersions(bench, { before, after })).changes).toMatchObject({ added: 2, removed: 2 });
    const texts = await versionOf('id,v\n1,1\n', { columns: columns('VARCHAR') });
    expect(await refusal(diffVersions(bench, { before, after: texts, key: ['id'] }))).toMatchObject({
      problems: [{ path: 'key[0]', message: 'id is INTEGER before and VARCHAR after' }],
    });
  });

  it('finds nothing between a version and itself', async () => {
    const ref = await versionOf('a\n1\n');
    const { columns, changes } = await diffVersions(bench, { before: ref, after: ref, key: ['a'] });
    expect(columns).toEqual({ added: [], removed: [], changed: [], reordered: false });
    expect(changes).toMatchObject({ added: 0, removed: 0, changed: 0 });
  });

  it('shows columns of another type and in another order, and compares the others', async () => {
    const before = await versionOf('a,b,c\n1,x,1\n');
    const after = await versionOf('b,a,c\nx,1,one\n');
    const { columns, changes } = await diffVersions(bench, { before, after });
    expect(columns.changed.map(({ name, before, after }) => [name, before.type, after.type])).toEqual([
      ['c', 'BIGINT', 'VARCHAR'],
    ]);
    expect(columns.reordered).toBe(true);
    expect(changes).toMatchObject({ added: 0, removed: 0 });
  });

  it('refuses a key that is not in both', async () => {
    const before = await versionOf('a,b\n1,1\n');
    const after = await versionOf('a,c\n1,1\n');
    expect(await refusal(diffVersions(bench, { before, after, key: ['a', 'b', 'c'] }))).toMatchObject({
      code: 'INPUT_INVALID',
      problems: [{ path: 'key[1]' }, { path: 'key[2]' }],
    });
  });
});

describe('exportVersion', () => {
  it.each(['parquet', 'csv', 'json', 'ndjson'])('writes the rows as %s, in their order', async (ending) => {
    const step = ingestStep({ source: { kind: 'csv', path: WEATHER } });
    const { ref } = await ingestPartition(bench, { step, window: ALL });
    const to = join(bench.root, 'out', `weather.${ending}`);
    expect(await exportVersion(bench, { ref, to })).toMatchObject({ path: to, rows: 2922 });
    expect(await sql(`SELECT location, precipitation FROM '${to}'`)).toEqual(
      await rowsOf(bench, ref, 'location, precipitation'),
    );
  });

  it('replaces a file only when it may, and knows only some endings', async () => {
    const ref = await versionOf('a\n1\n');
    const to = join(bench.root, 'there.csv');
    await writeFile(to, 'mine');
    expect(await refusal(exportVersion(bench, { ref, to }))).toMatchObject({ code: 'INPUT_INVALID' });
    expect(await readFile(to, 'utf8')).toBe('mine');
    await exportVersion(bench, { ref, to, replace: true });
    expect(await readFile(to, 'utf8')).toBe('a\n1\n');
    expect(await refusal(exportVersion(bench, { ref, to: 'rows.xlsx' }))).toMatchObject({ code: 'INPUT_INVALID' });
  });
});

describe('sweepStore', () => {
  const AT = new Date('2001-06-01T00:00:00Z');

  /** Everything in the store is as old as is said; what is put from now on is young. */
  async function age(to: Date): Promise<void> {
    for await (const { uri } of bench.store.objects()) {
      const path = await bench.store.localPath(uri);
      await utimes(path, to, to);
    }
  }
  const sweep = (records: RecordedObject[], more: Partial<SweepOptions> = {}) =>
    sweepStore({
      store: bench.store,
      before: AT,
      dryRun: false,
      recorded: async function* () {
        yield* records;
      },
      ...more,
    });
  const day = (n: number) => new Date(AT.getTime() + n * 86_400_000);

  it('removes what nothing on record needs, and keeps manifests, their files and whatever else is mentioned', async () => {
    const kept = await versionOf('a\n1\n');
    const lost = await versionOf('a\n2\n');
    const mentioned = await bench.store.putBytes(Buffer.from('a checkpoint'));
    await age(day(-1));
    const records = [
      { uri: kept.uri, manifest: true },
      { uri: mentioned.uri, manifest: false },
      { uri: 'store://elsewhere/sha256/00/' + '0'.repeat(64), manifest: true },
    ];
    const planned = await sweep(records, { dryRun: true });
    expect(planned).toMatchObject({ objects: 5, committedObjects: 3, tooYoung: 0, removed: { objects: 2 } });
    expect(await bench.store.exists(lost.uri)).toBe(true);
    expect(await sweep(records)).toEqual({ ...planned, dryRun: false });
    expect(await bench.store.exists(lost.uri)).toBe(false);
    expect(await rowsOf(bench, kept)).toEqual([['1']]);
    expect(await bench.store.exists(mentioned.uri)).toBe(true);
    expect(await sweep(records)).toMatchObject({ objects: 3, removed: { objects: 0, bytes: 0 } });
  });

  it('keeps a file that two versions share, when one of them is on record', async () => {
    const one = await versionOf('a\n1\n');
    const { files } = await readManifest(bench.store, one);
    const other = await bench.store.putJson({ files, note: 'another manifest of the same file' });
    await age(day(-1));
    expect(await sweep([{ uri: other.uri, manifest: true }])).toMatchObject({ removed: { objects: 1 } });
    expect(await bench.store.exists(files[0]?.uri ?? '')).toBe(true);
  });

  it('leaves alone what is younger than the grace time, and what was put again since it was listed', async () => {
    await versionOf('a\n1\n');
    await age(day(1));
    expect(await sweep([])).toMatchObject({ tooYoung: 2, removed: { objects: 0 } });
    await age(day(-1));
    // An attempt that writes the same content while the sweep runs has its commit still to come.
    const recorded = async function* () {
      await versionOf('a\n1\n');
      yield* [];
    };
    expect(await sweep([], { recorded })).toMatchObject({ renewed: 2, removed: { objects: 0 } });
    expect((await sweep([], { dryRun: true })).tooYoung).toBe(2);
  });

  it.each([
    ['is missing', 'OBJECT_NOT_FOUND', async () => `store://default/sha256/00/${'0'.repeat(64)}`],
    ['is no manifest', 'OBJECT_CORRUPT', async () => (await bench.store.putJson({ files: [{}] })).uri],
  ])('removes nothing when something on record %s', async (_, code, uriOf) => {
    const lost = await versionOf('a\n1\n');
    const uri = await uriOf();
    await age(day(-1));
    expect(await refusal(sweep([{ uri, manifest: true }]))).toMatchObject({ code });
    expect(await bench.store.exists(lost.uri)).toBe(true);
  });
});
