import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalObjectStore } from '../../engine/datasets/index.js';
import { storeModelProfiles, readStates, type DatasetProfile } from '../../engine/quality/index.js';
import { definePipeline, type RunResult } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';

const MAIN = join(__dirname, '../../dist/cli/main.js');
const AT = '2012-03-09T00:00:00.000Z';

/** Two days alike, and a third with more rows that are wetter. */
const RAIN = [1, 2, 3].flatMap((day) =>
  Array.from({ length: day < 3 ? 200 : 500 }, (_, i) => `2012-03-0${day},${(i % 20) + (day < 3 ? 0 : 15)}`),
);

const rain = definePipeline({
  name: 'rain',
  partitions: { kind: 'daily', timezone: 'UTC' },
  params: { folder: { type: 'string' } },
  steps: {
    raw: {
      type: 'ingest',
      source: { kind: 'csv', path: '{{ params.folder }}/rain.csv' },
      dataset: 'rain',
      timeColumn: 'date',
    },
    quality: {
      type: 'check',
      input: 'raw',
      suite: {
        checks: [
          { name: 'volume', type: 'row_count_change', min: -0.5, max: 0.5, severity: 'warn' },
          { name: 'skew', type: 'drift', column: 'rain', reference: 'model:umbrellas@champion', severity: 'warn' },
        ],
      },
    },
  },
});

describe('what a check compares with is on record', () => {
  let millrace: MillraceEnvironment;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-recorded-'));
    await writeFile(join(folder, 'rain.csv'), `date,rain\n${RAIN.join('\n')}\n`);
    millrace = await startMillrace({ pipelines: [rain] });
  });
  afterAll(async () => {
    await millrace.close();
    await rm(folder, { recursive: true, force: true });
  });

  const openStore = () => createLocalObjectStore({ name: 'default', root: join(millrace.dataDir, 'store') });

  async function run(partition: string): Promise<RunResult> {
    const input = { pipeline: 'rain', partition, params: { folder }, requestedBy: 'test' };
    return (await millrace.client.startRun(input)).result();
  }

  async function resultsOf({ runId }: RunResult) {
    const [result] = await millrace.lineage.runQuality(runId);
    return Object.fromEntries(result!.report.checks.map(({ name, status, message }) => [name, { status, message }]));
  }

  /** Registers a model that was trained on the first day, with the profile of it. */
  async function registerModel(profile: DatasetProfile): Promise<void> {
    const store = openStore();
    const files = [{ name: 'model.onnx', digest: 'a'.repeat(64), uri: 'store://default/sha256/aa/x', bytes: 1 }];
    const signature = {
      inputs: [{ name: 'rain', datatype: 'FP64' as const }],
      score: { output: 'score', column: 0 },
    };
    const manifest = {
      format: 'millrace.model/1' as const,
      model: 'umbrellas',
      signature,
      files,
    };
    const { digest, uri } = await store.putJson(manifest);
    const ref = { model: 'umbrellas', digest, uri, bytes: 1 };
    const base = (fact: string) => ({ key: `training/${fact}`, at: AT, runId: 'training', step: 'train' });
    const [version] = await millrace.lineage.datasetVersions('rain', { partition: '2012-03-01' });
    await millrace.lineage.record([
      {
        ...base('model'),
        kind: 'model_trained',
        ref,
        manifest,
        trainedOn: [version!.ref],
        profiles: await storeModelProfiles(store, { training: profile }),
        params: {},
        seed: 0,
        metrics: {},
      },
      { ...base('registered'), kind: 'model_registered', ref },
      {
        key: 'training/alias',
        at: AT,
        runId: 'training',
        kind: 'alias_moved',
        model: 'umbrellas',
        alias: 'champion',
        version: 1,
        actor: 'test',
        reason: 'first',
      },
    ]);
  }

  async function millraceCli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const where = ['--data-dir', millrace.dataDir, '--lineage-url', millrace.lineageUrl];
    const child = spawn(process.execPath, [MAIN, ...args, ...where], { cwd: folder });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, stdout, stderr };
  }

  it('the versions before it, and what a model was trained on; without them its checks are skipped', async () => {
    const first = await run('2012-03-01');
    expect(first.verdict).toBe('succeeded');
    expect(await resultsOf(first)).toMatchObject({ volume: { status: 'skip' }, skew: { status: 'skip' } });

    const [version] = await millrace.lineage.datasetVersions('rain', { partition: '2012-03-01' });
    await registerModel((await readStates(openStore(), version!.states!)).profile!);
    expect(await resultsOf(await run('2012-03-02'))).toMatchObject({
      volume: { status: 'pass' },
      skew: { status: 'pass' },
    });

    const third = await run('2012-03-03');
    expect(await resultsOf(third)).toMatchObject({ volume: { status: 'warn' }, skew: { status: 'warn' } });
    // What was compared with is an input of the step.
    const { nodes } = await millrace.lineage.graph('dataset:rain/2012-03-03', { direction: 'downstream', depth: 1 });
    const step = nodes.find(({ id }) => id.includes('quality'));
    const upstream = await millrace.lineage.graph(step!.id, { direction: 'upstream', depth: 1 });
    expect(upstream.nodes.map(({ id }) => id)).toContainEqual(expect.stringMatching(/^model:umbrellas/));
  });

  it('drift and profile answer from what is stored, without the rows', async () => {
    // No Parquet file is left in the store.
    const root = join(millrace.dataDir, 'store');
    for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      if ((await readFile(path)).subarray(0, 4).toString() === 'PAR1') await rm(path, { force: true });
    }
    const whole = await millraceCli('profile', 'dataset:rain', '--json');
    expect([whole.code, whole.stderr]).toEqual([0, '']);
    expect(JSON.parse(whole.stdout)).toMatchObject({ rows: 900 });
    const some = await millraceCli('profile', 'dataset:rain/2012-03-01..2012-03-02', '--json');
    expect(JSON.parse(some.stdout)).toMatchObject({ rows: 400 });

    const same = await millraceCli('drift', 'dataset:rain/2012-03-01', 'dataset:rain/2012-03-02', '--column', 'rain');
    const moved = await millraceCli('drift', 'model:umbrellas@1', 'dataset:rain/2012-03-03', '--column', 'rain');
    expect([same.code, moved.code]).toEqual([0, 1]);
    const suite = await millraceCli(
      'suite',
      'suggest',
      'dataset:rain/2012-03-03',
      '--baseline',
      'dataset:rain',
      '--json',
    );
    expect(JSON.parse(suite.stdout).checks[0]).toMatchObject({
      type: 'row_count',
      description: expect.stringContaining('of 2'),
    });
    const unknown = await millraceCli('drift', 'model:umbrellas@none', 'dataset:rain/2012-03-03', '--json');
    expect([unknown.code, JSON.parse(unknown.stdout).error.code]).toEqual([2, 'NOT_FOUND']);
  });
});
