import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import {
  definePipeline,
  modelRefOf,
  recallResultSchema,
  type DatasetVersionRef,
  type ModelVersionRef,
  type RecallProgress,
} from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import {
  CLASSIFIER,
  GRAPHS,
  registerModel,
  startServing,
  type ServingEnvironment,
} from '../support/serving-environment.js';

const AT = '2012-04-01T00:00:00.000Z';
const weather = definePipeline({
  name: 'weather',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  steps: {
    raw: {
      type: 'ingest',
      source: { kind: 'csv', path: 'node_modules/vega-datasets/data/weather.csv' },
      dataset: 'weather',
      timeColumn: 'date',
    },
  },
});
const report = definePipeline({
  name: 'report',
  partitions: { kind: 'monthly', timezone: 'UTC' },
  steps: {
    hot: {
      type: 'transform',
      inputs: { weather: { dataset: 'weather' } },
      sql: 'SELECT location, max(temp_max) AS hottest FROM weather GROUP BY location',
      dataset: 'report',
    },
  },
});

describe('recall', () => {
  let millrace: MillraceEnvironment;
  let serving: ServingEnvironment;
  beforeAll(async () => {
    millrace = await startMillrace({ pipelines: [weather, report] });
    serving = await startServing(millrace);
  });
  afterAll(async () => {
    await serving.close();
    await millrace.close();
  });

  const run = async (pipeline: string, partition: string, more: object = {}) =>
    (await millrace.client.startRun({ pipeline, partition, requestedBy: 'test', ...more })).result();

  const start = (version: string, more: object = {}, workflowId = `recall/${version.replace('dataset:', '')}`) =>
    millrace.client.temporal.workflow.start('recall', {
      taskQueue: 'orchestration',
      workflowId,
      args: [{ version, reason: 'half of it is missing', requestedBy: 'ann', ...more }],
    });

  async function waiting(handle: WorkflowHandle): Promise<RecallProgress> {
    for (;;) {
      const progress = await handle.query<RecallProgress>('progress');
      if (progress.phase === 'waiting') return progress;
      await delay(50);
    }
  }

  /** A model of an endpoint of the same name; the second version was trained on the data. */
  async function live(endpoint: string, trainedOn: DatasetVersionRef): Promise<[ModelVersionRef, ModelVersionRef]> {
    const graph = async (name: string) =>
      registerModel(millrace, endpoint, await readFile(join(GRAPHS, `${name}.onnx`)), CLASSIFIER);
    const versions = [await graph('delay-v1'), await graph('delay-v2')] as [ModelVersionRef, ModelVersionRef];
    const [good, bad] = versions;
    const ref = modelRefOf(bad);
    const about = { at: AT, runId: 'training', actor: 'test', reason: 'set up' };
    const file = { name: 'model.onnx', digest: ref.digest, uri: ref.uri, bytes: ref.bytes };
    const traffic = { ...about, kind: 'endpoint_changed' as const, endpoint, canary: null, canaryWeight: 0 };
    await millrace.lineage.record([
      {
        ...{ kind: 'model_trained', key: `${endpoint}/trained`, at: AT, runId: 'training', step: 'train', ref },
        ...{ trainedOn: [trainedOn], params: {}, seed: 1, metrics: {} },
        manifest: { format: 'millrace.model/1', model: endpoint, signature: CLASSIFIER, files: [file] },
      },
      { ...traffic, key: `${endpoint}/1`, expectedGeneration: 0, stable: good },
      { ...traffic, key: `${endpoint}/2`, expectedGeneration: 1, stable: bad },
      {
        ...about,
        kind: 'alias_moved',
        key: `${endpoint}/alias`,
        model: endpoint,
        alias: 'champion',
        version: bad.version,
      },
    ]);
    return versions;
  }

  it('taints what came of a version, rolls back what is live once somebody approves, and says what repairs it', async () => {
    await run('weather', '2012-03');
    const reported = await run('report', '2012-03');
    const [ref] = (await millrace.lineage.resolvePartitions('weather', ['2012-03'])).flatMap((one) => one.ref ?? []);
    if (ref === undefined) throw new Error('nothing was published');
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
  }, 90_000);

  it('leaves what is live when somebody rejects or nobody decides, and ends at once where nothing is', async () => {
    await run('weather', '2012-04');
    const [ref] = (await millrace.lineage.resolvePartitions('weather', ['2012-04'])).flatMap((one) => one.ref ?? []);
    if (ref === undefined) throw new Error('nothing was published');
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
  }, 60_000);

  it('fails at once for what is not on record, or is no dataset version', async () => {
    await expect((await start('dataset:nothing', {}, 'recall-nothing')).result()).rejects.toMatchObject({
      cause: { type: 'NOT_FOUND' },
    });
  });
});
