import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  definePipeline,
  modelRefOf,
  recallResultSchema,
  type DatasetVersionRef,
  type LineageRecord,
  type ModelRef,
  type ModelVersionRef,
  type RecallProgress,
  type RolloutProgress,
} from '../../schemas/index.js';
import { PROJECT_DIR, startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import {
  CLASSIFIER,
  GRAPHS,
  registerModel,
  startServing,
  startTraffic,
  type ServingEnvironment,
} from '../support/serving-environment.js';
import { until } from '../support/until.js';

const AT = '2012-04-01T00:00:00.000Z';
const HOTTEST = 'SELECT location, max(temp_max) AS hottest FROM weather GROUP BY location';
const raw = {
  type: 'ingest',
  source: { kind: 'csv', path: 'node_modules/vega-datasets/data/weather.csv' },
  dataset: 'weather',
  timeColumn: 'date',
} as const;
const weather = definePipeline({
  name: 'weather',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  steps: {
    raw,
  },
});
const report = definePipeline({
  name: 'report',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  steps: {
    hot: {
      type: 'transform',
      inputs: { weather: { dataset: 'weather' } },
      sql: HOTTEST,
      dataset: 'report',
    },
  },
});

const whole = definePipeline({
  name: 'whole',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  steps: {
    raw,
    hot: {
      type: 'transform',
      inputs: { weather: 'raw' },
      sql: HOTTEST,
      dataset: 'whole-report',
    },
  },
});

/** Reads what was frozen when it began, once somebody takes the file away. */
const late = definePipeline({
  name: 'late',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  params: { file: { type: 'string' } },
  steps: {
    held: { type: 'command', command: ['sh', '-c', 'while [ -f "$0" ]; do sleep 0.05; done', '{{ params.file }}'] },
    hot: {
      ...{ type: 'transform', needs: ['held'], inputs: { weather: { dataset: 'weather' } }, sql: HOTTEST },
      dataset: 'late-report',
    },
  },
});
const after = definePipeline({
  name: 'after',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  steps: {
    all: {
      ...{ type: 'transform', inputs: { late: { dataset: 'late-report' } }, sql: 'SELECT * FROM late' },
      dataset: 'after-report',
    },
  },
});

describe('recall', () => {
  let millrace: MillraceEnvironment;
  let serving: ServingEnvironment;
  beforeAll(async () => {
    millrace = await startMillrace({ pipelines: [weather, report, whole, late, after] });
    serving = await startServing(millrace);
  });
  afterAll(async () => {
    await serving.close();
    await millrace.close();
  });

  const run = async (pipeline: string, partition: string, more: object = {}) =>
    (await millrace.client.startRun({ pipeline, partition, requestedBy: 'test', ...more })).result();

  /** The version of a partition, once it was run. */
  async function published(dataset: string, partition: string): Promise<DatasetVersionRef> {
    await run(dataset, partition);
    const [{ ref } = { ref: null }] = await millrace.lineage.resolvePartitions(dataset, [partition]);
    if (ref === null) throw new Error('nothing was published');
    return ref;
  }

  const start = (version: string, more: object = {}, workflowId = `recall/${version.replace('dataset:', '')}`) =>
    millrace.client.temporal.workflow.start('recall', {
      taskQueue: 'orchestration',
      workflowId,
      args: [{ version, reason: 'half of it is missing', requestedBy: 'ann', ...more }],
    });

  async function waiting(handle: WorkflowHandle): Promise<RecallProgress> {
    return until(async () => {
      const progress = await handle.query<RecallProgress>('progress');
      return progress.phase === 'waiting' && progress;
    });
  }

  /** Two versions of the model of an endpoint of the same name; the second was trained on the data. */
  async function trained(endpoint: string, trainedOn: DatasetVersionRef): Promise<[ModelVersionRef, ModelVersionRef]> {
    const graph = async (name: string) =>
      registerModel(millrace, endpoint, await readFile(join(GRAPHS, `${name}.onnx`)), CLASSIFIER);
    const versions = [await graph('delay-v1'), await graph('delay-v2')] as [ModelVersionRef, ModelVersionRef];
    await millrace.lineage.record([training(modelRefOf(versions[1]), trainedOn)]);
    return versions;
  }

  function training(ref: ModelRef, trainedOn: DatasetVersionRef): LineageRecord {
    const { model, digest, uri, bytes } = ref;
    const own = { kind: 'model_trained' as const, key: `${model}/trained`, at: AT, runId: model, step: 'train', ref };
    const files = [{ name: 'model.onnx' as const, digest, uri, bytes }];
    const manifest = { format: 'millrace.model/1' as const, model, signature: CLASSIFIER, files };
    return { ...own, trainedOn: [trainedOn], params: {}, seed: 1, metrics: {}, manifest };
  }

  /** The second version has all traffic of an endpoint. */
  async function live(endpoint: string, trainedOn: DatasetVersionRef): Promise<[ModelVersionRef, ModelVersionRef]> {
    const [good, bad] = await trained(endpoint, trainedOn);
    const about = { at: AT, runId: endpoint, actor: 'test', reason: 'set up' };
    const traffic = { ...about, kind: 'endpoint_changed' as const, endpoint, canary: null, canaryWeight: 0 };
    const champion = {
      ...about,
      kind: 'alias_moved' as const,
      model: endpoint,
      alias: 'champion',
      version: bad.version,
    };
    await millrace.lineage.record([
      { ...traffic, key: `${endpoint}/1`, expectedGeneration: 0, stable: good },
      { ...traffic, key: `${endpoint}/2`, expectedGeneration: 1, stable: bad },
      { ...champion, key: `${endpoint}/alias` },
    ]);
    return [good, bad];
  }

  it('taints what came of a version, rolls back what is live once somebody approves, and says what repairs it', async () => {
    const ref = await published('weather', '2012-03');
    const reported = await run('report', '2012-03');
    const [good, bad] = await live('delays', ref);
    const root = `dataset:weather/2012-03@${ref.version}`;

    // As somebody types it: leads to the execution with the derived id.
    const typed = await start('dataset:weather/2012-03', {}, 'typed-by-a-person');
    const handle = millrace.client.temporal.workflow.getHandle(`recall/weather/2012-03@${ref.version}`);
    for (let known = false; !known;)
      known = await handle.describe().then(
        () => true,
        () => delay(50, false),
      );
    const { plan } = await waiting(handle);
    expect(plan).toMatchObject({
      root,
      datasets: 2,
      models: [{ model: 'delays', version: 2, aliases: ['champion'] }],
      endpoints: [{ endpoint: 'delays', arm: 'stable', from: bad, to: good }],
      repair: [
        { pipeline: 'weather', from: '2012-03', to: '2012-03', reprocess: 'all' },
        { pipeline: 'report', from: '2012-03', to: '2012-03', reprocess: 'all' },
      ],
    });

    // Nothing new is made of it, and what was made of it is not promoted.
    await expect(run('report', '2012-03')).rejects.toMatchObject({ code: 'DATA_TAINTED' });
    await expect(
      millrace.client.temporal.workflow.execute('rollout', {
        ...{ taskQueue: 'orchestration', workflowId: 'rollout/other' },
        args: [{ endpoint: 'other', candidate: bad, requestedBy: 'test', runId: 'test' }],
      }),
    ).rejects.toMatchObject({ cause: { type: 'MODEL_TAINTED' } });
    const forced = await run('report', '2012-03', { force: { by: 'eve', reason: 'the board wants it now' } });
    expect(forced.verdict).toBe('succeeded');

    await expect(handle.executeUpdate('approve', { args: [{ by: 'bob' }] })).rejects.toThrow();
    await handle.executeUpdate('approve', { args: [{ by: 'bob', reason: 'v1 was fine' }] });
    const result = recallResultSchema.parse(await typed.result());
    expect(result).toMatchObject({
      verdict: 'rolled_back',
      decision: { by: 'bob', approved: true },
      outcomes: [{ endpoint: 'delays', outcome: 'reverted' }],
    });
    expect(await millrace.lineage.endpoint('delays')).toMatchObject({ stable: good, canary: null });
    expect((await millrace.lineage.alias('delays', 'champion')).ref.version).toBe(good.version);
    const { entries } = await millrace.lineage.audit({ limit: 1000 });
    const told = entries.map(({ actor, action }) => `${actor} ${action}`);
    expect(told).toEqual(
      expect.arrayContaining([
        'ann recall',
        'ann taint',
        'bob approve',
        'bob traffic',
        'bob alias',
        'ann recall_rolled_back',
      ]),
    );
    expect(reported.verdict).toBe('succeeded');
  });

  it('refuses within a run what comes out as it was recalled, unless it is forced; a retry reads the source again', async () => {
    const { version } = await published('weather', '2012-06');
    await (await start(`dataset:weather/2012-06@${version}`)).result();
    // A run that writes it again ends well: nobody has read it, and the next one to do so is told.
    const again = await run('weather', '2012-06');
    expect(again.steps).toMatchObject([
      { status: 'succeeded', summary: expect.stringMatching(/@\w+ was recalled by ann: /) },
    ]);
    for (const retry of [undefined, {}]) {
      await expect(run('whole', '2012-06', { retry })).rejects.toMatchObject({ code: 'DATA_TAINTED' });
      const [newest] = await millrace.lineage.runs({ pipeline: 'whole', limit: 1 });
      expect((await millrace.lineage.run(newest!.runId)).steps).toMatchObject([
        { step: 'raw', status: 'succeeded', code: null },
        {
          step: 'hot',
          status: 'failed',
          code: 'DATA_TAINTED',
          summary: expect.stringContaining('half of it is missing'),
        },
      ]);
    }
    const force = { by: 'eve', reason: 'the board wants it now' };
    expect((await run('whole', '2012-06', { force })).verdict).toBe('succeeded');
    await millrace.lineage.record([
      {
        ...{ kind: 'mark_lifted', key: 'june', at: AT, mark: 'taint', actor: 'bob', reason: 'it is as it should be' },
        on: { kind: 'dataset', dataset: 'weather', partition: '2012-06', version },
      },
    ]);
    expect((await run('whole', '2012-06')).verdict).toBe('succeeded');
  });

  it('marks what a run under way makes of it later, and a model that is not registered yet', async () => {
    const ref = await published('weather', '2012-07');
    const file = join(millrace.dataDir, 'held');
    await writeFile(file, '');
    const late = run('late', '2012-07', { params: { file } });
    await until(async () => (await millrace.lineage.runs({ pipeline: 'late', limit: 1 })).length === 1);
    const model: ModelRef = { model: 'early', digest: 'e'.repeat(64), uri: 'local://early', bytes: 1 };
    await millrace.lineage.record([training(model, ref)]);
    await (await start(`dataset:weather/2012-07@${ref.version}`)).result();
    await rm(file);
    expect((await late).steps[1]).toMatchObject({ summary: expect.stringContaining('was recalled by ann') });
    const [report] = await millrace.lineage.datasetVersions('late-report', { partition: '2012-07', limit: 1 });
    expect(report?.marks).toMatchObject([{ mark: 'taint', by: 'test', reason: expect.stringMatching(/^made of .*@/) }]);
    await expect(run('after', '2012-07')).rejects.toMatchObject({ code: 'DATA_TAINTED' });

    const about = { at: AT, runId: 'early', actor: 'test', reason: 'set up' };
    await millrace.lineage.record([
      { kind: 'model_registered', key: 'early/1', at: AT, runId: 'early', step: 'register', ref: model },
    ]);
    await expect(
      millrace.lineage.record([
        { ...about, kind: 'alias_moved', key: 'early/2', model: 'early', alias: 'champion', version: 1 },
      ]),
    ).rejects.toMatchObject({ code: 'MODEL_TAINTED' });
  });

  it('leaves what is live when somebody rejects or nobody decides, and ends at once where nothing is', async () => {
    const ref = await published('weather', '2012-04');
    const root = `dataset:weather/2012-04@${ref.version}`;
    expect(await (await start(root)).result()).toMatchObject({
      verdict: 'nothing_live',
      plan: { datasets: 1, endpoints: [] },
    });
    const [, bad] = await live('stays', ref);
    const rejected = await start(root);
    await waiting(rejected);
    await rejected.executeUpdate('reject', { args: [{ by: 'bob', reason: 'it is not that bad' }] });
    expect(await rejected.result()).toMatchObject({ verdict: 'held', outcomes: [{ outcome: 'left' }] });
    const silent = await start(root, { waitSeconds: 1 });
    expect(await silent.result()).toMatchObject({ verdict: 'held', decision: { by: 'nobody' } });
    expect(await millrace.lineage.endpoint('stays')).toMatchObject({ stable: bad });
  });

  /** An endpoint whose canary, trained on the data, is under way and waits for more requests than come. */
  async function liveCanary(endpoint: string, trainedOn: DatasetVersionRef, requestsNeeded = 1_000_000) {
    const [good, bad] = await trained(endpoint, trainedOn);
    const roll = (candidate: ModelVersionRef, spec: object = {}) =>
      millrace.client.temporal.workflow.start('rollout', {
        ...{ taskQueue: 'orchestration', workflowId: `rollout/${endpoint}` },
        args: [{ endpoint, candidate, spec, requestedBy: 'test', runId: 'test' }],
      });
    await (await roll(good)).result();
    const analysis = { minimumSamples: requestsNeeded, intervalSeconds: 0.2, latencyFloorMs: 1000 };
    const rollout = await roll(bad, { steps: [10, 50], analysis });
    await until(async () => (await millrace.lineage.endpoint(endpoint))?.canary?.version === bad.version);
    return { good, bad, rollout };
  }

  /** The command line, as a user has it. */
  async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const target = ['--address', millrace.temporal.address, '--lineage-url', millrace.lineageUrl];
    const child = spawn(process.execPath, ['dist/cli/main.js', ...args, ...target], { cwd: PROJECT_DIR });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    return { code: child.exitCode ?? -1, out, err };
  }

  it('holds a canary that is under way, and takes it back once somebody approves, by the command line', async () => {
    const ref = await published('weather', '2012-05');
    const { good, bad, rollout } = await liveCanary('canary', ref);
    const asked = await command('recall', 'dataset:weather/2012-05', '--why', 'half of it is missing', '--by', 'ann');
    expect(asked).toMatchObject({ code: 0, err: '' });
    expect(asked.out).toContain('waits for --approve or --reject');
    expect(asked.out).toContain(`canary, canary: v${bad.version}, back to v${good.version}`);
    const { entries } = await millrace.lineage.audit({ action: 'hold', limit: 10 });
    expect(entries).toMatchObject([{ actor: 'ann', target: 'rollout/canary' }]);
    expect(await millrace.lineage.endpoint('canary')).toMatchObject({ canary: bad, canaryWeight: 10 });

    // Asked for again, and started under another id, it is the same recall.
    const again = await start('dataset:weather/2012-05', {}, 'again');
    expect((await command('recall', 'dataset:weather/2012-05', '--why', 'again')).out).toBe(asked.out);
    expect(await command('recall', 'dataset:weather/2012-05', '--approve')).toMatchObject({ code: 2 });
    const approved = await command(
      'recall',
      'dataset:weather/2012-05',
      '--approve',
      '--why',
      'v1 was fine',
      '--by',
      'bob',
    );
    expect(approved).toMatchObject({ code: 0, err: '' });
    expect(approved.out).toContain(`canary aborted: the rollout of v${bad.version} was aborted`);
    expect(await rollout.result()).toMatchObject({ outcome: 'rolled_back' });
    expect(await millrace.lineage.endpoint('canary')).toMatchObject({ stable: good, canary: null });
    expect(await again.result()).toMatchObject({ verdict: 'rolled_back', decision: { by: 'bob' } });
    const shown = await command('recall', 'dataset:weather/2012-05', '--json');
    expect(JSON.parse(shown.out)).toMatchObject({ phase: 'ended', outcomes: [{ outcome: 'aborted' }] });
  });

  it('takes back a canary whose rollout was terminated; one that is left goes on, unless a person holds it, and is not promoted', async () => {
    const ref = await published('weather', '2012-06');
    const root = `dataset:weather/2012-06@${ref.version}`;
    const abandoned = await liveCanary('abandoned', ref);
    await abandoned.rollout.terminate();
    expect(await (await start(root, { rollBack: 'now' })).result()).toMatchObject({
      ...{ verdict: 'rolled_back', outcomes: [{ endpoint: 'abandoned', outcome: 'reverted' }] },
    });
    expect(await millrace.lineage.endpoint('abandoned')).toMatchObject({ stable: abandoned.good, canary: null });

    const third = await published('weather', '2012-08');
    const kept = await liveCanary('kept', third);
    await kept.rollout.executeUpdate('hold', { args: [{ by: 'eve', reason: 'it is the weekend' }] });
    const one = await start(`dataset:weather/2012-08@${third.version}`);
    await waiting(one);
    await one.executeUpdate('reject', { args: [{ by: 'bob', reason: 'it is fine' }] });
    await one.result();
    const again = kept.rollout.executeUpdate('hold', { args: [{ by: 'ann', reason: 'is it held?' }] });
    await expect(again).rejects.toMatchObject({
      cause: { message: 'the rollout is held by eve already' },
    });
    await kept.rollout.executeUpdate('abort', { args: [{ by: 'eve', reason: 'enough of it' }] });
    await kept.rollout.result();

    const other = await published('weather', '2012-07');
    const left = await liveCanary('left', other, 5);
    const recalled = await start(`dataset:weather/2012-07@${other.version}`);
    await waiting(recalled);
    const clients = startTraffic(serving.url, 'left');
    await until(async () => (await left.rollout.query<RolloutProgress>('progress')).phase === 'held by ann');
    await recalled.executeUpdate('reject', { args: [{ by: 'bob', reason: 'it is not that bad' }] });
    expect(await recalled.result()).toMatchObject({ verdict: 'held', outcomes: [{ outcome: 'left' }] });
    await expect(left.rollout.result()).rejects.toMatchObject({ cause: { type: 'MODEL_TAINTED' } });
    await clients.stop();
    expect(await millrace.lineage.endpoint('left')).toMatchObject({ stable: left.good, canary: null });
  });

  it('fails at once for what is not on record, or is no dataset version', async () => {
    await expect((await start('dataset:nothing', {}, 'recall-nothing')).result()).rejects.toMatchObject({
      cause: { type: 'NOT_FOUND' },
    });
  });
});
