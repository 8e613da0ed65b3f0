import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowFailedError, WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { Worker } from '@temporalio/worker';
import { createLineageActivities } from '../../activities/index.js';
import { digestOfUri, objectKey } from '../../engine/datasets/object-store.js';
import {
  modelManifestSchema,
  rolloutResultSchema,
  type ModelVersionRef,
  type RecordResult,
  type RolloutProgress,
  type RolloutResult,
  type RunResult,
} from '../../schemas/index.js';
import { workflowBundle } from '../../workers/workflow-bundle.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import {
  ask,
  CLASSIFIER,
  GRAPHS,
  PLAIN,
  registerModel,
  startServing,
  startTraffic,
  type Answer,
  type ServingEnvironment,
  type Traffic,
} from '../support/serving-environment.js';
import { until } from '../support/until.js';

/** Few samples, so that a step is over after about a second; servers report that often. */
const QUICK = { minimumSamples: 10, intervalSeconds: 0.2, maximumSeconds: 30, latencyFloorMs: 1_000 };
/** Never has enough samples: the rollout stays at its first step until something is done about it. */
const ENDLESS = { steps: [50, 100], analysis: { ...QUICK, minimumSamples: 1_000_000, maximumSeconds: 600 } };

describe('rollout', () => {
  let millrace: MillraceEnvironment;
  let serving: ServingEnvironment;
  const traffics: Traffic[] = [];

  beforeAll(async () => {
    millrace = await startMillrace({ pipelines: [], workflows: 'test/support/own-workflows.ts' });
    serving = await startServing(millrace);
  });
  afterEach(async () => {
    await Promise.all(traffics.splice(0).map((traffic) => traffic.stop()));
  });
  afterAll(async () => {
    await serving.close();
    await millrace.close();
  });

  /** A registered version; the model has the name of its endpoint. */
  async function version(model: string, graph: string): Promise<ModelVersionRef> {
    const signature = graph.startsWith('delay') ? CLASSIFIER : PLAIN;
    return registerModel(millrace, model, await readFile(join(GRAPHS, `${graph}.onnx`)), signature);
  }

  /** As the Temporal UI starts it: one payload. */
  function start(candidate: ModelVersionRef, spec: object = {}, taskQueue = 'orchestration'): Promise<WorkflowHandle> {
    return millrace.client.temporal.workflow.start('rollout', {
      taskQueue,
      workflowId: `rollout/${candidate.model}`,
      args: [{ endpoint: candidate.model, candidate, spec, requestedBy: 'test', runId: 'test' }],
    });
  }

  async function roll(candidate: ModelVersionRef, spec: object = {}): Promise<RolloutResult> {
    return rolloutResultSchema.parse(await (await start(candidate, spec)).result());
  }

  /** An endpoint whose first version, `delay-v1`, has all traffic. */
  async function released(endpoint: string): Promise<ModelVersionRef> {
    const stable = await version(endpoint, 'delay-v1');
    expect(await roll(stable)).toMatchObject({ outcome: 'first_release' });
    return stable;
  }

  function traffic(endpoint: string, perSecond = 200): Traffic {
    const started = startTraffic(serving.url, endpoint, perSecond);
    traffics.push(started);
    return started;
  }

  /** Waits until the canary has its share, and the rollout measures. */
  async function underWay(endpoint: string): Promise<WorkflowHandle> {
    const handle = millrace.client.temporal.workflow.getHandle(`rollout/${endpoint}`);
    await until(async () => (await handle.query<RolloutProgress>('progress')).phase.startsWith('measuring'));
    return handle;
  }

  /** The state on record, and what the model server makes of it. */
  async function expectAllTrafficOn(stable: ModelVersionRef): Promise<void> {
    const state = await millrace.lineage.endpoint(stable.model);
    expect(state).toMatchObject({ stable, canary: null, canaryWeight: 0 });
    await until(async () => (await ask(serving.url, stable.model)).generation === state?.generation);
    for (let request = 0; request < 10; request++) {
      expect(await ask(serving.url, stable.model)).toMatchObject({
        status: 200,
        arm: 'stable',
        version: String(stable.version),
      });
    }
  }

  /** Runs workflows in a worker of its own, whose end the test decides. */
  async function withOrchestrator<T>(taskQueue: string, work: () => Promise<T>): Promise<T> {
    const worker = await Worker.create({
      connection: millrace.temporal.nativeConnection,
      namespace: 'default',
      taskQueue,
      workflowBundle: await workflowBundle(),
      activities: createLineageActivities(millrace),
    });
    return worker.runUntil(work);
  }

  async function failureOf(handle: WorkflowHandle): Promise<unknown> {
    const error = await handle.result().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof WorkflowFailedError)) throw new Error(`not a failure: ${String(error)}`);
    return error.cause;
  }

  it('releases the first version: the endpoint serves, and the alias champion is moved', async () => {
    const candidate = await version('first', 'delay-v1');
    expect(await ask(serving.url, 'first')).toMatchObject({ status: 404 });
    const result = await roll(candidate);
    expect(result).toMatchObject({ outcome: 'first_release', stable: candidate, candidate, analyses: [] });
    await expectAllTrafficOn(candidate);
    expect(await millrace.lineage.alias('first', 'champion')).toMatchObject({ ref: { version: 1 } });
    // It was set once, when the version was there to be loaded; the end is the alias and the result, in one commit.
    expect(await millrace.lineage.endpointHistory('first')).toHaveLength(1);
    expect(await lastCommit('first')).toEqual(['champion', 'finished']);
  });

  it('leaves an endpoint alone whose stable version is the candidate', async () => {
    const stable = await released('same');
    const result = await roll(stable);
    expect(result).toMatchObject({ outcome: 'unchanged', stable, reason: 'v1 is stable already', analyses: [] });
    expect(await millrace.lineage.endpointHistory('same')).toHaveLength(1);
  });

  it('promotes a good candidate step by step, each judged and on record', async () => {
    await released('good');
    const candidate = await version('good', 'delay-v2');
    const clients = traffic('good', 300);
    const handle = await start(candidate, { analysis: QUICK });
    const seen: RolloutProgress[] = [];
    const follow = until(async () => {
      seen.push(await handle.query<RolloutProgress>('progress'));
      return seen.at(-1)!.phase.startsWith('promoted');
    });
    const result = rolloutResultSchema.parse(await handle.result());
    await follow;
    await clients.stop();

    expect(result).toMatchObject({ outcome: 'promoted', stable: candidate, candidate });
    expect(result.analyses.map(({ weight, verdict, reason }) => [weight, verdict, reason])).toEqual(
      [5, 25, 50, 100].map((weight) => [weight, 'Successful', 'within_limits']),
    );
    for (const { canary, stable } of result.analyses.slice(0, 3)) {
      expect(Math.min(canary.requests, stable?.requests ?? 0)).toBeGreaterThanOrEqual(10);
      expect(canary.errors).toBe(0);
    }
    // All traffic is the canary’s at 100 %: what it is compared with is what the stable version did at 50 %.
    const [, , half, full] = result.analyses;
    expect(full?.stable).toBeNull();
    expect(full?.message).toContain(`of the stable version 0 % (0 of ${half?.stable?.requests} requests)`);

    expect([...new Set(seen.map(({ weight }) => weight))].filter((weight) => weight > 0)).toEqual([5, 25, 50, 100]);
    expect(seen.at(-1)).toMatchObject({ endpoint: 'good', candidate: 2, weight: 100, analyses: result.analyses });

    const history = await millrace.lineage.endpointHistory('good');
    expect(history.map(({ generation, canaryWeight }) => [generation, canaryWeight])).toEqual([
      [6, 0],
      [5, 100],
      [4, 50],
      [3, 25],
      [2, 5],
      [1, 0],
    ]);
    expect(await millrace.lineage.alias('good', 'champion')).toMatchObject({ ref: { version: 2 } });
    expect(await lastCommit('good')).toEqual(['generation/6', 'champion', 'finished']);
    await expectAllTrafficOn(candidate);
    expectNoneFailed(clients.answers);
    expect(share(clients.answers, 3)).toBeGreaterThan(0.05);
    expect(share(clients.answers, 3)).toBeLessThan(0.6);
    expect(share(clients.answers, 5)).toBe(1);
  });

  it('takes a candidate back that answers with errors, and no client sees one', async () => {
    const stable = await released('raises');
    const candidate = await version('raises', 'raises');
    const clients = traffic('raises');
    const result = await roll(candidate, { steps: [50, 100], analysis: QUICK });
    expect(result).toMatchObject({ outcome: 'rolled_back', stable, candidate });
    expect(result.analyses).toMatchObject([{ weight: 50, verdict: 'Failed', reason: 'error_rate' }]);
    expect(result.analyses[0]?.canary.errors).toBe(result.analyses[0]?.canary.requests);
    expect(result.analyses[0]?.stable?.errors).toBe(0);
    expect(result.reason).toMatch(/^at 50 %: Failed, error rate of the canary 100 %/);
    await expectAllTrafficOn(stable);
    expect(await millrace.lineage.alias('raises', 'champion')).toMatchObject({ ref: { version: 1 } });
    expect(await lastCommit('raises')).toEqual(['generation/3', 'finished']);
    await clients.stop();
    expectNoneFailed(clients.answers);
    // The canary never gave an answer: what it failed on, the stable version answered.
    expect(clients.answers.filter(({ arm }) => arm === 'canary')).toEqual([]);
  });

  it.each<[string, string, () => Promise<ModelVersionRef>, RegExp]>([
    [
      'is no model',
      'no-model',
      () => registerModel(millrace, 'no-model', Buffer.from('not a model'), CLASSIFIER),
      /^v2 could not be put in service: .*MODEL_UNLOADABLE: no-model version 2/,
    ],
    [
      'was altered in the store',
      'altered',
      async () => {
        const candidate = await version('altered', 'delay-distance-only');
        await alter(candidate);
        return candidate;
      },
      /^v2 could not be put in service: .*OBJECT_CORRUPT: altered version 2/,
    ],
  ])('takes a candidate back whose file %s', async (_name, endpoint, register, reason) => {
    const stable = await released(endpoint);
    const result = await roll(await register(), { analysis: QUICK });
    expect(result).toMatchObject({ outcome: 'rolled_back', stable, reason: expect.stringMatching(reason) });
    expect(result.analyses).toMatchObject([{ weight: 5, verdict: 'Error', reason: 'not_ready' }]);
    await expectAllTrafficOn(stable);
  });

  it('takes the canary back at once when somebody aborts, and says who and why', async () => {
    const stable = await released('aborted');
    const clients = traffic('aborted');
    await start(await version('aborted', 'delay-v2'), ENDLESS);
    const handle = await underWay('aborted');
    for (const malformed of [undefined, {}, { by: 'ann' }, { by: 'ann', reason: 'odd figures', weight: 5 }, [1]]) {
      expect(await abort(handle, malformed).catch(refusalOf)).toBe('INPUT_INVALID');
    }
    expect(await abort(handle, { by: 'ann', reason: 'the figures look odd' })).toEqual({ accepted: true });

    const result = rolloutResultSchema.parse(await handle.result());
    expect(result).toMatchObject({
      outcome: 'rolled_back',
      stable,
      analyses: [{ weight: 50, verdict: 'Inconclusive', reason: 'aborted' }],
      reason: 'aborted by ann: the figures look odd',
    });
    await expectAllTrafficOn(stable);
    await clients.stop();
    expectNoneFailed(clients.answers);
  });

  it('keeps the canary at its share while somebody holds it, and goes on, or ends, when it is told to', async () => {
    const stable = await released('held');
    traffic('held');
    const steps = { steps: [30, 60], analysis: QUICK };
    const told = { by: 'ann', reason: 'the data are in doubt' };
    const heldAt30 = async () => {
      const handle = await start(await version('held', 'delay-v2'), steps);
      await until(async () => (await handle.query<RolloutProgress>('progress')).weight === 30);
      expect(await handle.executeUpdate('resume', { args: [told] }).catch(refusalOf)).toBe('INPUT_INVALID');
      expect(await handle.executeUpdate('hold', { args: [{ by: 'ann' }] }).catch(refusalOf)).toBe('INPUT_INVALID');
      expect(await handle.executeUpdate('hold', { args: [told] })).toEqual({ accepted: true });
      expect(await handle.executeUpdate('hold', { args: [{ ...told, by: 'eve' }] }).catch(refusalOf)).toBe(
        'INPUT_INVALID',
      );
      await until(async () => (await handle.query<RolloutProgress>('progress')).phase === 'held by ann');
      return handle;
    };
    const first = await heldAt30();
    await delay(500);
    expect(await millrace.lineage.endpoint('held')).toMatchObject({ stable, canaryWeight: 30 });
    await abort(first, { by: 'bob', reason: 'they are bad' });
    const back = rolloutResultSchema.parse(await first.result());
    expect(back).toMatchObject({ outcome: 'rolled_back', reason: 'aborted by bob: they are bad', stable });
    expect(back.analyses).toMatchObject([{ weight: 30, verdict: 'Successful' }]);
    await expectAllTrafficOn(stable);

    const second = await heldAt30();
    await second.executeUpdate('resume', { args: [{ by: 'bob', reason: 'they are fine' }] });
    expect(await second.result()).toMatchObject({ outcome: 'promoted' });
    const { entries } = await millrace.lineage.audit({ limit: 100 });
    const own = entries
      .filter(({ target }) => target === 'rollout/held')
      .map(({ actor, action }) => `${actor} ${action}`);
    expect(own.reverse()).toEqual(['ann hold', 'bob abort', 'ann hold', 'bob resume']);
  });

  it('measures again what it had no data for while it was held, and ends when it is aborted instead', async () => {
    const stable = await released('held-idle');
    const steps = { steps: [50], analysis: { ...QUICK, maximumSeconds: 2 } };
    const told = { by: 'ann', reason: 'the data are in doubt' };
    const heldWithoutData = async () => {
      const handle = await start(await version('held-idle', 'delay-v2'), steps);
      await underWay('held-idle');
      await handle.executeUpdate('hold', { args: [told] });
      await until(async () => (await handle.query<RolloutProgress>('progress')).phase === 'held by ann');
      const { analyses } = await handle.query<RolloutProgress>('progress');
      expect(analyses).toMatchObject([{ weight: 50, verdict: 'Inconclusive', reason: 'no_data' }]);
      expect(await millrace.lineage.endpoint('held-idle')).toMatchObject({ stable, canaryWeight: 50 });
      return handle;
    };
    const first = await heldWithoutData();
    await abort(first, { by: 'bob', reason: 'they are bad' });
    const back = rolloutResultSchema.parse(await first.result());
    expect(back).toMatchObject({ outcome: 'rolled_back', reason: 'aborted by bob: they are bad', stable });

    const second = await heldWithoutData();
    traffic('held-idle');
    await second.executeUpdate('resume', { args: [{ by: 'bob', reason: 'they are fine' }] });
    const result = rolloutResultSchema.parse(await second.result());
    expect(result).toMatchObject({ outcome: 'promoted', stable: { version: 2 } });
    expect(result.analyses.map(({ weight, verdict }) => [weight, verdict])).toEqual([
      [50, 'Inconclusive'],
      [50, 'Successful'],
    ]);
  });

  it('goes on with another worker, and accepts one abort alone', async () => {
    const stable = await released('restarted');
    const candidate = await version('restarted', 'delay-v2');
    const handle = await withOrchestrator('restarted', async () => {
      await start(candidate, ENDLESS, 'restarted');
      return underWay('restarted');
    });
    // Both are there when the next worker takes the workflow up.
    const aborts = ['ann', 'bob'].map((by) => abort(handle, { by, reason: 'the figures look odd' }));
    const ends = Promise.all(aborts.map((accepted) => accepted.then(() => 'accepted', refusalOf)));
    await delay(500);
    await withOrchestrator('restarted', async () => {
      expect((await ends).sort()).toEqual(['INPUT_INVALID', 'accepted']);
      const { reason } = rolloutResultSchema.parse(await handle.result());
      expect(reason).toMatch(/^aborted by (ann|bob): the figures look odd$/);
    });
    await expectAllTrafficOn(stable);
  });

  it('gives the stable version all traffic back before it ends, when it is cancelled', async () => {
    const stable = await released('cancelled');
    await start(await version('cancelled', 'delay-v2'), ENDLESS);
    const handle = await underWay('cancelled');
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
    // The state is read, not awaited: it was set before the workflow ended.
    expect(await millrace.lineage.endpoint('cancelled')).toMatchObject({
      generation: 3,
      stable,
      canary: null,
      reason: 'the rollout was cancelled',
    });
    await expectAllTrafficOn(stable);
  });

  it('gives all traffic back at whatever moment it is cancelled or aborted', async () => {
    const moments = Array.from({ length: 12 }, (_, index) => ({ endpoint: `moment-${index}`, after: index * 25 }));
    const candidates = await Promise.all(
      moments.map(async ({ endpoint }) => {
        await released(endpoint);
        return version(endpoint, 'delay-v2');
      }),
    );
    const ends = await Promise.all(
      moments.map(async ({ after }, index) => {
        const handle = await start(candidates[index]!, ENDLESS);
        await delay(after);
        if (index % 2 === 1) {
          await abort(handle, { by: 'ann', reason: 'changed my mind' });
          return rolloutResultSchema.parse(await handle.result()).outcome;
        }
        await handle.cancel();
        return (await failureOf(handle)) instanceof CancelledFailure ? 'cancelled' : 'failed';
      }),
    );
    expect(ends).toEqual(moments.map((_, index) => (index % 2 === 1 ? 'rolled_back' : 'cancelled')));
    for (const { endpoint } of moments) {
      expect(await millrace.lineage.endpoint(endpoint)).toMatchObject({ stable: { version: 1 }, canary: null });
    }
  });

  it.each([
    ['rollback', 'rolled_back', 1],
    ['promote', 'promoted', 2],
  ])(
    'without data in time is inconclusive, and the specification says: %s',
    async (onInconclusive, outcome, serves) => {
      const endpoint = `idle-${onInconclusive}`;
      await released(endpoint);
      const candidate = await version(endpoint, 'delay-v2');
      const spec = { steps: [50, 100], analysis: { ...QUICK, maximumSeconds: 0.5 }, onInconclusive };
      const result = await roll(candidate, spec);
      expect(result).toMatchObject({ outcome, stable: { version: serves } });
      expect(result.analyses.map(({ verdict, reason }) => [verdict, reason])).toEqual(
        Array(serves).fill(['Inconclusive', 'no_data']),
      );
      expect(result.analyses[0]?.message).toMatch(/^the canary answered 0 and the stable version 0 requests in /);
    },
  );

  it('moves one endpoint’s traffic once at a time: a second deployment waits, and finds its version released', async () => {
    await released('twice');
    const candidate = await version('twice', 'delay-v2');
    traffic('twice');
    const release = (by: string): Promise<RunResult> =>
      millrace.client.temporal.workflow.execute('release', {
        taskQueue: 'orchestration',
        workflowId: `release-by-${by}`,
        args: [{ endpoint: 'twice', candidate, rollout: { steps: [50, 100], analysis: QUICK } }],
      });
    const runs = await Promise.all([release('ann'), release('bob')]);
    expect(runs.map((run) => run.verdict)).toEqual(['succeeded', 'succeeded']);
    expect(runs.map((run) => run.reason).sort()).toEqual(['PROMOTED', 'UNCHANGED']);
    expect(await millrace.lineage.endpointHistory('twice')).toHaveLength(4);
  });

  it('is one execution an endpoint: another start is refused, and another id as well', async () => {
    const stable = await released('busy');
    const candidate = await version('busy', 'delay-v2');
    await start(candidate, ENDLESS);
    const handle = await underWay('busy');
    await expect(start(candidate, ENDLESS)).rejects.toBeInstanceOf(WorkflowExecutionAlreadyStartedError);
    const other = await millrace.client.temporal.workflow.start('rollout', {
      taskQueue: 'orchestration',
      workflowId: 'typed-by-a-person',
      args: [{ endpoint: 'busy', candidate, requestedBy: 'test', runId: 'test' }],
    });
    expect(await failureOf(other)).toMatchObject({
      type: 'INPUT_INVALID',
      message: expect.stringContaining('rollout/busy'),
    });
    await abort(handle, { by: 'test', reason: 'the test is over' });
    await handle.result();
    await expectAllTrafficOn(stable);
  });

  it('takes its canary back when the run that deploys is cancelled', async () => {
    const stable = await released('of-a-run');
    const candidate = await version('of-a-run', 'delay-v2');
    const run = await millrace.client.temporal.workflow.start('release', {
      taskQueue: 'orchestration',
      workflowId: 'release-cancelled',
      args: [{ endpoint: 'of-a-run', candidate, rollout: ENDLESS }],
    });
    await until(async () => (await millrace.lineage.endpoint('of-a-run'))?.canary !== null);
    await underWay('of-a-run');
    await run.cancel();
    expect(await failureOf(run)).toBeInstanceOf(CancelledFailure);
    // Before the run has ended.
    expect(await millrace.lineage.endpoint('of-a-run')).toMatchObject({ stable, canary: null });
    expect(await millrace.lineage.run(run.firstExecutionRunId)).toMatchObject({
      verdict: 'failed',
      reason: 'CANCELLED',
    });
  });

  it('clears a canary that a terminated rollout left behind', async () => {
    const stable = await released('left');
    await start(await version('left', 'delay-v2'), ENDLESS);
    await (await underWay('left')).terminate('by the test');
    expect(await millrace.lineage.endpoint('left')).toMatchObject({ canary: { version: 2 } });
    expect(await roll(stable)).toMatchObject({ outcome: 'unchanged', stable });
    await expectAllTrafficOn(stable);
  });

  it('fails without touching traffic when the candidate was never registered', async () => {
    const stable = await released('unregistered');
    const handle = await start({ ...stable, version: 7, digest: '7'.repeat(64) });
    expect(await failureOf(handle)).toMatchObject({ type: 'MODEL_NOT_FOUND' });
    expect(await millrace.lineage.endpointHistory('unregistered')).toHaveLength(1);
  });

  it('fails at once on bad input, with every problem by path', async () => {
    const handle = await millrace.client.temporal.workflow.start('rollout', {
      taskQueue: 'orchestration',
      workflowId: 'rollout/bad',
      args: [{ endpoint: 'Bad', spec: { steps: [50, 5] }, requestedBy: 'test', runId: 'test' }],
    });
    const failure = await failureOf(handle);
    expect(failure).toMatchObject({ type: 'INPUT_INVALID' });
    const { problems } = (failure as ApplicationFailure).details?.[0] as { problems: { path: string }[] };
    expect(problems.map(({ path }) => path)).toEqual(['endpoint', 'candidate', 'spec.steps']);
  });

  describe('with a model server that is behind', () => {
    // Only a status: a server that has nothing in force yet.
    let beat: NodeJS.Timeout;
    beforeAll(async () => {
      await released('behind');
      const report = () =>
        millrace.lineage.reportModelServer({ serverId: 'behind', url: 'http://behind.example', endpoints: [] });
      await report();
      beat = setInterval(() => void report(), 1_000);
    });
    afterAll(() => clearInterval(beat));

    it('is aborted while it waits, also in a first release', async () => {
      for (const [endpoint, graph, stable] of [
        ['behind', 'delay-v2', 1],
        ['behind-first', 'delay-v1', null],
      ] as const) {
        const handle = await start(await version(endpoint, graph), ENDLESS);
        await until(async () => (await handle.query<RolloutProgress>('progress')).phase.startsWith('waiting'));
        await abort(handle, { by: 'ann', reason: 'it takes too long' });
        const result = rolloutResultSchema.parse(await handle.result());
        expect(result).toMatchObject({
          outcome: 'rolled_back',
          reason: 'aborted by ann: it takes too long',
        });
        expect(result.stable?.version ?? null).toBe(stable);
        const state = await millrace.lineage.endpoint(endpoint);
        expect([state?.stable?.version ?? null, state?.canary]).toEqual([stable, null]);
      }
    });
  });

  /** What the last commit of a rollout holds: the last parts of the keys of its records. */
  async function lastCommit(endpoint: string): Promise<string[]> {
    const { events } = await millrace.client.temporal.workflow.getHandle(`rollout/${endpoint}`).fetchHistory();
    const results = (events ?? []).flatMap(({ activityTaskCompletedEventAttributes: completed }) => {
      const data = completed?.result?.payloads?.[0]?.data;
      return data ? [JSON.parse(Buffer.from(data).toString('utf8')) as unknown] : [];
    });
    return (results.at(-1) as RecordResult[]).map(({ key }) => key.replace(/^[^/]*\//, ''));
  }

  /** Changes a byte of a model’s graph in the store. */
  async function alter(candidate: ModelVersionRef): Promise<void> {
    const pathOf = (uri: string) => join(millrace.dataDir, 'store', objectKey(digestOfUri('default', uri)));
    const manifest = modelManifestSchema.parse(JSON.parse(await readFile(pathOf(candidate.uri), 'utf8')));
    const path = pathOf(manifest.files[0]!.uri);
    const bytes = await readFile(path);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await chmod(path, 0o644);
    await writeFile(path, bytes);
  }
});

function abort(handle: WorkflowHandle, request: unknown): Promise<unknown> {
  return handle.executeUpdate<unknown, [unknown]>('abort', {
    args: (request === undefined ? [] : [request]) as [unknown],
  });
}

/** The code under which a validator refused. */
function refusalOf(error: unknown): string | null | undefined {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) return error.cause.type;
  throw error;
}

function expectNoneFailed(answers: readonly Answer[]): void {
  expect(answers.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
}

/** Share of the canary in the answers of a generation. */
function share(answers: readonly Answer[], generation: number): number {
  const of = answers.filter((answer) => answer.generation === generation);
  return of.filter(({ arm }) => arm === 'canary').length / of.length;
}
