import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, type MillraceClient } from '../../client/index.js';
import { createLocalObjectStore, datasetFiles, sweepStore } from '../../engine/datasets/index.js';
import { sha256 } from '../../engine/digest.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

/**
 * Writes a row that says which attempt it is; the first attempt, which finds no marker, takes its time. So two attempts of
 * one step bring different rows, as from a source that has changed in between.
 */
const SCRIPT = `
  const fs = require('node:fs');
  const [marker] = process.argv.slice(1);
  const first = !fs.existsSync(marker);
  fs.writeFileSync(marker, '');
  setTimeout(() => console.log(JSON.stringify({ attempt: first ? 'first' : 'second' })), first ? 3000 : 0);`;

const project = (marker: string) => ({
  // A worker that is stopped must not hold a poll by which the second attempt would be given to it.
  roles: { data: { concurrency: 1 } },
  pipelines: [
    {
      name: 'changing-feed',
      steps: {
        feed: {
          type: 'ingest',
          tag: 'fenced',
          source: { kind: 'command', command: ['node', '-e', SCRIPT, marker], format: 'json' },
          dataset: 'feed',
        },
      },
    },
  ],
});

describe('an ingestion that was given up on', () => {
  let folder: string;
  let config: string;
  let dev: DevProcess;
  let client: MillraceClient;
  const workers: ChildProcess[] = [];
  const cli = (...args: string[]) => ['dist/cli/main.js', ...args, '--data-dir', join(folder, 'data')];

  async function json<T>(...args: string[]): Promise<T> {
    const done = await promisify(execFile)(process.execPath, cli(...args, '--json'), { cwd: PROJECT_DIR });
    return JSON.parse(done.stdout) as T;
  }

  /** A worker of the only queue on which the step runs. */
  function startWorker(): ChildProcess {
    const args = cli('worker', '--role', 'data-fenced', '--config', config);
    const worker = spawn(process.execPath, args, { cwd: PROJECT_DIR, stdio: 'ignore' });
    workers.push(worker);
    return worker;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-fencing-'));
    config = join(folder, 'millrace.config.mjs');
    await writeFile(config, `export default ${JSON.stringify(project(join(folder, 'marker')))};`);
    dev = await startDev(process.execPath, cli('dev', '--json', '--config', config), PROJECT_DIR);
    client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });
  });
  afterAll(async () => {
    await client.close();
    for (const worker of workers) {
      const ended = once(worker, 'exit');
      worker.kill('SIGCONT');
      worker.kill('SIGKILL');
      await ended;
    }
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('wakes up after another attempt has committed, and changes nothing that is on record', async () => {
    const first = startWorker();
    const run = await client.startRun({ pipeline: 'changing-feed', partition: 'all' });
    await until(() => existsSync(join(folder, 'marker')));
    first.kill('SIGSTOP');
    startWorker();
    const result = await run.result();
    expect(result.verdict).toBe('succeeded');

    const lineage = createLineageClient({ url: dev.lineageUrl });
    const [version] = await lineage.datasetVersions('feed');
    if (version === undefined) throw new Error('no version is on record');
    const store = createLocalObjectStore({ name: 'default', root: join(folder, 'data', 'store') });
    const [file = ''] = await datasetFiles(store, version.ref);
    const before = { bytes: sha256(await readFile(file)), inode: (await stat(file)).ino };

    // The first attempt finds what its command wrote meanwhile, and is at its end when its folder is gone.
    first.kill('SIGCONT');
    await until(async () => (await readdir(join(folder, 'data', 'scratch'))).length === 0);
    // Whether it got as far as the store is chance; here is all that it could have left there.
    const left = await store.putBytes(Buffer.from('{"attempt":"first"}'));

    expect((await lineage.datasetVersions('feed')).map(({ ref }) => ref)).toEqual([version.ref]);
    expect({ bytes: sha256(await readFile(file)), inode: (await stat(file)).ino }).toEqual(before);
    const exported = join(folder, 'feed.ndjson');
    await json('dataset', 'export', 'feed', '--to', exported);
    expect(await readFile(exported, 'utf8')).toBe('{"attempt":"second"}\n');

    // What it left is younger than any grace time; a sweep that may takes it, and nothing else.
    expect(await json('dataset', 'sweep', '--dry-run')).toMatchObject({ committedObjects: 2, removed: { objects: 0 } });
    const report = await sweepStore({
      store,
      recorded: async function* () {
        yield* (await lineage.recordedObjects()).objects;
      },
      before: new Date(Date.now() + 60_000),
      dryRun: false,
    });
    expect(report.committedObjects).toBe(2);
    expect(report.removed.objects).toBeGreaterThan(0);
    expect(await store.exists(left.uri)).toBe(false);
    expect(sha256(await readFile(file))).toBe(before.bytes);
  });

  it('is listed, shown and compared on the command line', async () => {
    const { datasets } = await json<{ datasets: unknown[] }>('dataset', 'ls');
    expect(datasets).toMatchObject([{ dataset: 'feed', versions: 1, published: 1, rows: 1 }]);
    const { versions } = await json<{ versions: { ref: { version: string } }[] }>('dataset', 'show', 'feed');
    const name = `feed/all@${versions[0]?.ref.version.slice(0, 8)}`;
    expect(await json('dataset', 'show', name)).toMatchObject({
      published: true,
      manifest: { columns: [{ name: 'attempt', type: 'VARCHAR' }] },
    });
    expect(await json('dataset', 'diff', 'feed', name, '--key', 'attempt', '--drift')).toMatchObject({
      changes: { added: 0, removed: 0, changed: 0 },
      profile: { columns: [{ column: 'attempt' }] },
    });
    await expect(json('dataset', 'show', 'feed@00000000')).rejects.toMatchObject({
      code: 2,
      stdout: expect.stringContaining('DATASET_VERSION_NOT_FOUND') as string,
    });
  });
});
