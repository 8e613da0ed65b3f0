/**
 * Records the histories that `replay.test.ts` replays: `npx jiti test/replay/record.ts`, after `npm run build`.
 * One history a path through the workflows. Record anew only when nothing that is running can depend on the old ones.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import {
  definePipeline,
  modelRefOf,
  param,
  type BackfillProgress,
  type LineStatus,
  type MillraceConfigInput,
  type ModelVersionRef,
  type RecallProgress,
  type RolloutProgress,
  type RunProgress,
} from '../../schemas/index.js';
import { PROJECT_DIR, startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import {
  CLASSIFIER,
  GRAPHS,
  PLAIN,
  registerModel,
  startServing,
  startTraffic,
} from '../support/serving-environment.js';
import { weatherProject } from '../support/weather-project.js';
import { neutral } from './neutral.js';
import { until } from '../support/until.js';

const HISTORIES = join(__dirname, 'histories');

/** `running`: as far as it has come, because it does not end. */
type Save = (name: string, handle: WorkflowHandle, options?: { running?: boolean }) => Promise<void>;

async function main(): Promise<void> {
  await mkdir(HISTORIES, { recursive: true });
  const hook = await startHook();
  const millrace = await startMillrace(project(hook.url));
  try {
    const save: Save = async (name, handle, { running = false } = {}) => {
      // A failed run is a path of its own.
      if (!running) await handle.result().catch(() => undefined);
      const history: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
      const text = JSON.stringify(neutral(history, [PROJECT_DIR, millrace.dataDir]), null, 1);
      await writeFile(join(HISTORIES, `${name}.json`), `${text}\n`);
    };
    // `npx jiti test/replay/record.ts backfills` records these alone.
    const parts = {
      runs: recordRuns,
      cache: recordCache,
      backfills: recordBackfills,
      firings: recordFirings,
      lines: recordLines,
      pools: recordPools,
      watches: recordWatches,
      inboxes: recordInboxes,
      rollouts: recordRollouts,
      recalls: recordRecalls,
      audits: recordAudits,
    };
    const wanted = process.argv.slice(2);
    for (const [name, record] of Object.entries(parts)) {
      if (wanted.length === 0 || wanted.includes(name)) await record(millrace, save);
    }
  } finally {
    await millrace.close();
    await hook.close();
  }
}

/** The weather, a pipeline with a pool, a deadline and triggers, and somebody who is told. */
function project(url: string): MillraceConfigInput {
  const { pipelines, activities = {} } = weatherProject();
  const desk = definePipeline({
    name: 'desk',
    partitions: { kind: 'daily', timezone: 'UTC' },
    params: { waits: { type: 'boolean', default: false }, failures: { type: 'number', default: 0 } },
    deadline: { at: '00:01', timezone: 'UTC' },
    triggers: [{ on: 'service', name: 'told', debounceSeconds: 0.5, whileRunning: 'merge' }],
    steps: {
      note: {
        ...{ type: 'activity', activity: 'note', role: 'orchestration', pool: 'desk' },
        input: { waits: param<boolean>('waits'), failures: param<number>('failures') },
      },
    },
  });
  return {
    pipelines: [...pipelines, desk, shared('one'), shared('other')],
    activities,
    pools: { desk: 1 },
    freshness: { weather: { maxAgeSeconds: 0.1 } },
    alerts: [{ kind: 'webhook', name: 'hook', url, events: ['run_failed', 'dataset_late'] }],
  };
}

async function startHook(): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, answer) => answer.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function recordRuns({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const start = (workflowId: string, input: object) =>
    client.temporal.workflow.start('pipelineRun', { taskQueue: 'orchestration', workflowId, args: [input] });
  const month = (partition: string, params: object = {}) =>
    start(`run/weather/${partition}`, { pipeline: 'weather', partition, params });

  await save('run-succeeded', await month('2012-03'));
  await save('run-refused', await month('2012-08', { hottest: 30 }));
  await save('run-failed', await month('2012-09', { path: 'nowhere.csv' }));
  await save('run-retried', await month('2012-10', { failures: 2 }));
  await save('run-joined', await start('typed-by-a-person', { pipeline: 'weather', partition: '2012-11' }));
  await save('run-invalid', await start('typed-wrongly', { pipeline: 5 }));

  const waiting = await month('2012-12', { waits: true });
  await until(async () => {
    const { steps } = await waiting.query<RunProgress>('progress');
    return steps.filter(({ status }) => status === 'succeeded').length === 3;
  });
  await waiting.cancel();
  await save('run-cancelled', waiting);
}

/** Two pipelines whose slow step is the same. */
const shared = (name: string) =>
  definePipeline({
    name,
    params: { slow: { type: 'number' } },
    steps: {
      work: {
        type: 'activity',
        activity: 'work',
        input: { slow: param<number>('slow'), result: 'fine' },
        cache: { ignore: ['pipeline'], maxAge: '1h' },
      },
    },
  });

async function recordCache({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const { workflow } = client.temporal;
  const month = () =>
    workflow.start('pipelineRun', {
      ...{ taskQueue: 'orchestration', workflowId: 'run/weather/2012-04' },
      args: [{ pipeline: 'weather', partition: '2012-04' }],
    });
  await (await month()).result();
  await save('run-cached', await month());

  const start = (pipeline: string, slow: number) =>
    workflow.start('pipelineRun', {
      ...{ taskQueue: 'orchestration', workflowId: `run/${pipeline}/all` },
      args: [{ pipeline, params: { slow } }],
    });
  const waits = async (handle: WorkflowHandle, what: string) =>
    until(async () => (await handle.query<RunProgress>('progress')).steps[0]?.summary.startsWith(what) ?? false);
  const runs = async (handle: WorkflowHandle) =>
    until(async () => (await handle.query<RunProgress>('progress')).steps[0]?.status === 'running');
  const computing = await start('one', 4_000);
  await runs(computing);
  const waiting = await start('other', 4_000);
  await waits(waiting, 'waits for run');
  await save('run-waited', waiting);
  await save('run-computing', computing);

  const stopped = await start('one', 5_000);
  await runs(stopped);
  const next = await start('other', 5_000);
  await waits(next, 'waits for run');
  await stopped.terminate('recorded');
  await save('run-taken-over', next);
}

async function recordBackfills({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const { workflow } = client.temporal;
  const start = (workflowId: string, input: object) =>
    workflow.start('backfill', { taskQueue: 'orchestration', workflowId, args: [input] });
  const range = (from: string, to: string, more: object = {}) =>
    start(`backfill/weather/${from}..${to}`, { pipeline: 'weather', from, to, ...more });

  const continued = await range('2013-01', '2013-05', { maxActive: 2, batchSize: 3 });
  await continued.result();
  const last = (await workflow.getHandle(continued.workflowId).describe()).runId;
  await save('backfill-continued', workflow.getHandle(continued.workflowId, continued.firstExecutionRunId));
  await save('backfill-taken-over', workflow.getHandle(continued.workflowId, last));
  await save(
    'backfill-planned',
    await start('a-dry-run', { pipeline: 'weather', from: '2013-01', to: '2013-08', dryRun: true }),
  );
  await save('backfill-joined', await start('typed-a-range', { pipeline: 'weather', from: '2013-06', to: '2013-07' }));
  await save('backfill-refused', await range('2013-06', '2013-08', { planHash: '0'.repeat(64) }));
  await save('backfill-invalid', await start('typed-a-wrong-range', { pipeline: 'weather', from: '2013-06' }));

  const told = await range('2014-01', '2014-05', { maxActive: 1, params: { waits: true } });
  await until(async () => (await told.query<BackfillProgress>('progress')).running === 1);
  const update = (name: string, input: object) => told.executeUpdate(name, { args: [input] as [unknown] });
  await update('pause', { by: 'ann' });
  await update('cancelPartition', { partition: '2014-02' });
  await update('setMaxActive', { maxActive: 2 });
  await update('setPriority', { priority: 4 });
  await update('retryFailed', {});
  await update('resume', {});
  await until(async () => (await told.query<BackfillProgress>('progress')).running === 2);
  await update('cancel', { by: 'ann', running: 'stop' });
  await save('backfill-told', told);

  const cancelled = await range('2014-06', '2014-08', { maxActive: 1, params: { waits: true } });
  await until(async () => (await cancelled.query<BackfillProgress>('progress')).running === 1);
  await cancelled.cancel();
  await save('backfill-cancelled', cancelled);
}

async function recordFirings({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const { workflow } = client.temporal;
  const start = (type: string, workflowId: string, input: object) =>
    workflow.start(type, { taskQueue: 'orchestration', workflowId, args: [input] });

  await save('firing-succeeded', await start('scheduledFiring', 'firing/weather-1', { pipeline: 'weather' }));
  await save('firing-invalid', await start('scheduledFiring', 'firing/weather-2', { pipeline: 'wether' }));
  // A firing that finds a run under way looks at it again and again.
  const params = { waits: true };
  const early = await start('pipelineRun', 'run/weather/2015-12', {
    pipeline: 'weather',
    partition: '2015-12',
    params,
  });
  const joining = await start('scheduledFiring', 'firing/weather-3', { pipeline: 'weather' });
  await delay(2_000);
  await early.cancel();
  await save('firing-joined', joining);
}

async function recordLines({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const { workflow } = client.temporal;
  const rules = { order: 'newest', maxActive: 1, stopOnFailure: true };
  const fire = (number: number, params: object = {}) =>
    workflow.start('scheduledFiring', {
      ...{ taskQueue: 'orchestration', workflowId: `firing/weather-line-${number}` },
      args: [{ pipeline: 'weather', params, line: rules }],
    });
  const first = await fire(1, { waits: true });
  await until(async () => (await workflow.getHandle('run/weather/2015-12').describe()).status.name === 'RUNNING');
  const line = workflow.getHandle('line/weather');
  const second = await fire(2);
  await until(async () => (await line.query<LineStatus>('line')).waiting.length === 1);
  const third = await fire(3);
  await second.result();
  await save('firing-superseded', second);
  await workflow.getHandle('run/weather/2015-12').cancel();
  await save('firing-failed-in-line', first);
  await save('firing-in-line', third);
  await save('line-ended', line);
}

async function recordPools({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const start = (partition: string, params: Record<string, boolean | number> = {}) =>
    client.startRun({ pipeline: 'desk', partition, params });
  const pool = client.temporal.workflow.getHandle('pool/desk');
  const waiting = async (count: number) => until(async () => (await client.pools())[0]?.waiting.length === count);
  const first = await start('2001-03-01', { waits: true });
  await until(async () => (await client.pools())[0]?.holders.length === 1);
  const second = await start('2001-03-02');
  await waiting(1);
  const third = await start('2001-03-03');
  await waiting(2);
  await third.cancel();
  await waiting(1);
  // Who has the place says nothing any more: it is taken back.
  await client.temporal.workflow.getHandle(first.workflowId).terminate('gone');
  await second.result();
  await save('pool-ended', pool);
  await save('run-in-pool', client.temporal.workflow.getHandle(second.workflowId));
  await save('run-cancelled-in-pool', client.temporal.workflow.getHandle(third.workflowId));
}

async function recordWatches({ client, lineage }: MillraceEnvironment, save: Save): Promise<void> {
  const { workflow } = client.temporal;
  await client.startRun({ pipeline: 'weather', partition: '2012-01' }).then((run) => run.result());
  const told = async () => (await lineage.alerts.deliveries({})).length > 0;
  await until(told);
  await delay(1_000);
  await save('deadlines-watching', workflow.getHandle('deadlines'), { running: true });
  await save('alerts-watching', workflow.getHandle('alerts'), { running: true });
  for await (const { workflowId } of workflow.list({ query: "WorkflowType = 'alertDelivery'" })) {
    await save('alert-delivered', workflow.getHandle(workflowId));
    break;
  }
  const slow = await client.startRun({ pipeline: 'desk', partition: '2001-03-05', params: { waits: true } });
  await until(async () => (await slow.progress()).steps.some(({ status }) => status === 'running'));
  for (const id of ['one', 'two']) await client.trigger({ pipeline: 'desk', partition: '2001-03-05', id });
  await client.trigger({ pipeline: 'desk', partition: '2001-03-06', id: 'three' });
  await save('inbox-merged', workflow.getHandle('inbox/desk'));
  await slow.cancel();
}

async function recordInboxes({ client, lineage }: MillraceEnvironment, save: Save): Promise<void> {
  const handle = client.temporal.workflow.getHandle('inbox/weather');
  const blocking = await client.startRun({ pipeline: 'weather', partition: '2014-02', params: { waits: true } });
  await until(async () => (await blocking.progress()).steps.some(({ status }) => status === 'succeeded'));
  await client.trigger({ pipeline: 'weather', partition: '2014-01', id: 'one' });
  await client.trigger({ pipeline: 'weather', partition: '2014-02', id: 'two' });
  await client.trigger({ pipeline: 'weather', partition: '1914-01', id: 'three' });
  await until(async () => (await lineage.triggers.ledger('weather')).entries.length === 2);
  await blocking.cancel();
  await save('inbox-ended', handle);
}

async function recordAudits({ client }: MillraceEnvironment, save: Save): Promise<void> {
  const stopped = await client.startRun({ pipeline: 'weather', partition: '2012-06', params: { waits: true } });
  await until(async () => (await stopped.progress()).steps.some(({ status }) => status === 'succeeded'));
  await client.temporal.workflowService.terminateWorkflowExecution({
    ...{ namespace: 'default', workflowExecution: { workflowId: stopped.workflowId }, identity: 'ann' },
  });
  const args = [{ requestedBy: 'ann' }];
  const about = { taskQueue: 'orchestration', workflowId: 'auditor', args };
  await save('auditor-repaired', await client.temporal.workflow.start('auditor', about));
}

async function recordRecalls(millrace: MillraceEnvironment, save: Save): Promise<void> {
  const { client, lineage } = millrace;
  const start = (workflowId: string, version: string) =>
    client.temporal.workflow.start('recall', {
      ...{ taskQueue: 'orchestration', workflowId },
      args: [{ version, reason: 'half of it is missing', requestedBy: 'ann' }],
    });
  await client.startRun({ pipeline: 'weather', partition: '2012-05' }).then((run) => run.result());
  const [found] = await lineage.resolvePartitions('weather', ['2012-05']);
  if (found?.ref == null) throw new Error('nothing was published');
  const root = `dataset:weather/2012-05@${found.ref.version}`;
  const id = `recall/${root.replace('dataset:', '')}`;
  await save('recall-led', await start('typed-by-ann', 'dataset:weather/2012-05'));
  await save('recall-nothing-live', client.temporal.workflow.getHandle(id));

  const model = await registerModel(millrace, 'recalled', await readFile(join(GRAPHS, 'delay-v1.onnx')), CLASSIFIER);
  const ref = modelRefOf(model);
  const about = { at: '2012-06-01T00:00:00.000Z', runId: 'training' };
  const file = { name: 'model.onnx', digest: ref.digest, uri: ref.uri, bytes: ref.bytes };
  await lineage.record([
    {
      ...{ kind: 'model_trained', key: 'recalled/trained', ...about, step: 'train', ref, trainedOn: [found.ref] },
      ...{ params: {}, seed: 1, metrics: {} },
      manifest: { format: 'millrace.model/1', model: 'recalled', signature: CLASSIFIER, files: [file] },
    },
    {
      ...{ kind: 'endpoint_changed', key: 'recalled/1', ...about, endpoint: 'recalled', expectedGeneration: 0 },
      ...{
        stable: model,
        canary: null,
        canaryWeight: 0,
        actor: 'test',
        reason: 'set up',
        force: { by: 'test', reason: 'set up' },
      },
    },
  ]);
  const approved = await start(id, root);
  await until(async () => (await approved.query<RecallProgress>('progress')).phase === 'waiting');
  await approved.executeUpdate('approve', { args: [{ by: 'bob', reason: 'take it back' }] });
  await save('recall-approved', approved);
}

async function recordRollouts(millrace: MillraceEnvironment, save: Save): Promise<void> {
  const serving = await startServing(millrace);
  const traffic = startTraffic(serving.url, 'delay', 300);
  try {
    const register = async (graph: string) =>
      registerModel(
        millrace,
        'delay',
        await readFile(join(GRAPHS, `${graph}.onnx`)),
        graph === 'raises' ? PLAIN : CLASSIFIER,
      );
    const start = (candidate: ModelVersionRef, minimumSamples: number) => {
      const analysis = { minimumSamples, intervalSeconds: 0.2, latencyFloorMs: 1_000 };
      const input = { endpoint: 'delay', candidate, spec: { analysis }, requestedBy: 'recorder', runId: 'recorder' };
      return millrace.client.temporal.workflow.start('rollout', {
        taskQueue: 'orchestration',
        workflowId: 'rollout/delay',
        args: [input],
      });
    };
    const measuring = async (handle: WorkflowHandle) => {
      await until(async () => (await handle.query<RolloutProgress>('progress')).phase.startsWith('measuring'));
      return handle;
    };
    const first = await register('delay-v1');
    const second = await register('delay-v2');
    await save('rollout-first-release', await start(first, 10));
    await save('rollout-promoted', await start(second, 10));
    await save('rollout-unchanged', await start(second, 10));
    await save('rollout-rolled-back', await start(await register('raises'), 10));

    const aborted = await measuring(await start(first, 1_000_000));
    await aborted.executeUpdate('abort', { args: [{ by: 'ann', reason: 'the figures look odd' }] as [unknown] });
    await save('rollout-aborted', aborted);

    const cancelled = await measuring(await start(first, 1_000_000));
    await cancelled.cancel();
    await save('rollout-cancelled', cancelled);
  } finally {
    await traffic.stop();
    await serving.close();
  }
}

void main();
