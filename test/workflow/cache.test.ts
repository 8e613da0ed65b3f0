import { rm, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import type { RunHandle } from '../../client/index.js';
import { definePipeline, MillraceError, type RunRequest, type RunResult, type StepState } from '../../schemas/index.js';
import { workflowBundle } from '../../workers/workflow-bundle.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const folder = { type: 'string' } as const;

const summing = (name: string, sql = 'SELECT sum(rain) * $factor AS rain FROM rain') =>
  definePipeline({
    name,
    params: { folder, factor: { type: 'number', default: 1 }, note: { type: 'string', default: 'none' } },
    steps: {
      raw: { type: 'ingest', source: { kind: 'csv', path: '{{ params.folder }}/rain.csv' }, dataset: 'rain' },
      total: {
        type: 'transform',
        inputs: { rain: 'raw' },
        sql,
        params: { factor: '{{ params.factor }}', note: '{{ params.note }}' },
        dataset: 'total',
        cache: { ignore: ['note'] },
      },
    },
  });

const slow = (name: string) =>
  definePipeline({
    name,
    params: { what: { type: 'string' } },
    steps: {
      work: {
        type: 'activity',
        activity: 'work',
        input: { what: '{{ params.what }}' },
        cache: { ignore: ['pipeline'], maxAge: '1h' },
      },
    },
  });

const echo = (what: string | number) => ({ type: 'activity' as const, activity: 'echo', input: { what } });

const pipelines = [
  summing('sums'),
  summing('others'),
  summing('doubles', 'SELECT sum(rain) * 2 * $factor AS rain FROM rain'),
  slow('left'),
  slow('right'),
  definePipeline({
    name: 'many',
    params: { folder },
    steps: {
      raw: { type: 'ingest', source: { kind: 'csv', path: '{{ params.folder }}/rain.csv' }, dataset: 'many-rain' },
      ...Object.fromEntries(
        Array.from({ length: 8 }, (_, index) => [
          `part-${index}`,
          {
            type: 'transform' as const,
            inputs: { rain: 'raw' },
            sql: `SELECT rain + ${index} AS rain FROM rain`,
            dataset: `part-${index}`,
          },
        ]),
      ),
    } as never,
  }),
  definePipeline({
    name: 'mixed',
    params: { turn: { type: 'number' } },
    // Every second one is computed in each run, and each is followed by one that is computed always.
    steps: Object.fromEntries(
      Array.from({ length: 8 }, (_, index) => [
        [`look-${index}`, { ...echo(index % 2 === 0 ? index : `${index} {{ params.turn }}`), cache: {} }] as const,
        [`then-${index}`, { ...echo(`after ${index}`), needs: [`look-${index}`] }] as const,
      ]).flat(),
    ) as never,
  }),
  definePipeline({
    name: 'policies',
    cache: { salt: 'v1' },
    steps: {
      short: { type: 'activity', activity: 'work', input: { what: 'short' }, cache: { maxAge: '1s' } },
      never: { type: 'activity', activity: 'work', input: { what: 'never' }, cache: { off: 'it sends a letter' } },
      plain: { type: 'activity', activity: 'work', input: { what: 'plain' } },
    },
  }),
];

describe('the cache of steps', () => {
  let millrace: MillraceEnvironment;
  let data: string;
  const calls: string[] = [];
  const gates = new Map<string, Promise<unknown>>();

  beforeAll(async () => {
    data = await mkdtemp(join(tmpdir(), 'millrace-cache-'));
    await rain(1, 2, 3);
    millrace = await startMillrace({
      pipelines,
      activities: {
        echo: async ({ input }) => input.what,
        work: async ({ input }) => {
          const what = String(input.what);
          calls.push(what);
          const nth = calls.filter((call) => call === what).length;
          const gate = gates.get(`${what}/${nth}`);
          await gate;
          if (what === 'failing' && nth === 1) throw new MillraceError('SOURCE_EMPTY', 'there is nothing yet');
          return { what, nth };
        },
      },
    });
  });
  afterAll(async () => {
    await millrace.close();
    await rm(data, { recursive: true, force: true });
  });

  const rain = (...values: number[]) => writeFile(join(data, 'rain.csv'), `rain\n${values.join('\n')}\n`);
  const start = (pipeline: string, more: Partial<RunRequest> = {}): Promise<RunHandle> =>
    millrace.client.startRun({ pipeline, partition: 'all', requestedBy: 'test', ...more });
  const run = async (pipeline: string, more: Partial<RunRequest> = {}): Promise<RunResult> =>
    (await start(pipeline, more)).result();
  const sum = (pipeline: string, params: object = {}, more: Partial<RunRequest> = {}) =>
    run(pipeline, { params: { folder: data, ...params }, ...more });
  const step = ({ steps }: { steps: StepState[] }, name: string): StepState => {
    const found = steps.find((state) => state.step === name);
    if (found === undefined) throw new Error(`there is no step ${name}`);
    return found;
  };
  const callsOf = (what: string) => calls.filter((call) => call === what).length;
  /** Holds the nth call of the activity until it is opened. */
  const hold = (call: string) => {
    let open = () => undefined as void;
    gates.set(call, new Promise<void>((resolve) => (open = resolve)));
    return () => open();
  };

  it('gives a run what another one computed from the same, and has both on record; whatever differs is computed, and why is told', async () => {
    const first = await sum('sums');
    expect(step(first, 'total')).toMatchObject({
      code: null,
      cache: { outcome: 'miss', reason: 'nothing was computed for it before' },
    });
    const second = await sum('sums');
    expect(step(second, 'raw').cache).toBeUndefined();
    const again = step(second, 'total');
    expect(again).toMatchObject({
      status: 'succeeded',
      code: 'CACHED',
      summary: `cached, from run ${first.runId.slice(0, 12)}: ${step(first, 'total').summary}`,
      reusedFrom: first.runId,
      output: step(first, 'total').output,
      cache: { outcome: 'hit', key: step(first, 'total').cache?.key },
    });
    const { steps } = await millrace.lineage.runRecord(second.runId);
    expect(steps.find((one) => one.step === 'total')).toMatchObject({
      reusedFrom: first.runId,
      inputs: [step(second, 'raw').output.dataset],
    });

    // Another pipeline that would compute the same, then another parameter, one that is ignored, other code, another input.
    const other = await sum('others');
    expect(step(other, 'total')).toMatchObject({
      code: 'CACHED',
      summary: expect.stringContaining(`of sums all`) as string,
    });
    const tenfold = step(await sum('sums', { factor: 10 }), 'total');
    expect(tenfold).toMatchObject({
      code: null,
      cache: { outcome: 'miss', reason: `params.factor is not as in run ${first.runId.slice(0, 12)}` },
    });
    expect(tenfold.summary).toContain('; computed, because params.factor is not as in run');
    expect(step(await sum('sums', { note: 'ignored' }), 'total').code).toBe('CACHED');
    expect(step(await sum('doubles'), 'total')).toMatchObject({ code: null, cache: { outcome: 'miss' } });
    await rain(1, 2, 4);
    const changed = step(await sum('sums'), 'total');
    expect(changed).toMatchObject({
      code: null,
      cache: { reason: expect.stringMatching(/^inputs\.rain (and params\.factor are|is) not as in run/) as string },
    });
    // What is reused is published: it is what the partition is now.
    await rain(1, 2, 3);
    const back = step(await sum('sums'), 'total');
    expect(back).toMatchObject({ code: 'CACHED', output: step(first, 'total').output });
    const [head] = await millrace.lineage.resolvePartitions('total', ['all']);
    expect(head?.ref?.version).toBe(back.output.dataset?.version);
  });

  it('computes every step where the run says so: for others too, or for itself alone', async () => {
    await rain(7);
    const first = await sum('sums');
    const refreshed = await sum('sums', {}, { cache: 'refresh' });
    expect(step(refreshed, 'total')).toMatchObject({
      code: null,
      cache: { outcome: 'refresh', reason: 'the run was to compute every step' },
    });
    expect(step(await sum('sums'), 'total').reusedFrom).toBe(refreshed.runId);
    const alone = await sum('sums', {}, { cache: 'off' });
    expect(step(alone, 'total')).toMatchObject({ code: null, cache: { outcome: 'off' } });
    expect(step(await sum('sums'), 'total').reusedFrom).toBe(refreshed.runId);
    expect(first.verdict).toBe('succeeded');
  });

  it('heeds age and off, and leaves alone what nobody said anything about', async () => {
    const first = await run('policies');
    expect(step(first, 'never').cache).toEqual({ outcome: 'off', reason: 'it sends a letter' });
    expect(step(first, 'plain').cache).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const second = await run('policies');
    expect(step(second, 'short')).toMatchObject({
      code: null,
      cache: { outcome: 'miss', reason: expect.stringMatching(/computed is \d+ s old, and maxAge is 1 s$/) as string },
    });
    expect([callsOf('short'), callsOf('never'), callsOf('plain')]).toEqual([2, 2, 2]);
  });

  it('computes anew what was recalled, and what is gone from the store', async () => {
    await rain(11, 12);
    const first = await sum('sums');
    const { dataset, partition, version, uri } = step(first, 'total').output.dataset!;
    const about = { at: new Date().toISOString(), actor: 'ada', reason: 'half of it is missing' };
    const on = { kind: 'dataset', dataset, partition, version } as const;
    await millrace.lineage.record([{ kind: 'mark_set', key: 'taint', mark: 'taint', on, until: null, ...about }]);
    expect(step(await sum('sums'), 'total')).toMatchObject({
      code: null,
      cache: {
        outcome: 'miss',
        reason: `what run ${first.runId.slice(0, 12)} computed was recalled by ada: half of it is missing`,
      },
    });
    await millrace.lineage.record([{ kind: 'mark_lifted', key: 'lifted', mark: 'taint', on, ...about }]);
    expect(step(await sum('sums'), 'total').code).toBe('CACHED');

    const key = uri.replace(/^store:\/\/[^/]+\//, '');
    await rm(join(millrace.dataDir, 'store', key));
    const found = step(await sum('sums'), 'total');
    expect(found).toMatchObject({
      code: null,
      cache: { outcome: 'miss', reason: expect.stringContaining(key) as string },
    });
    expect(step(await sum('sums'), 'total').code).toBe('CACHED');
  });

  it('lets two runs at once compute once: the other waits without a worker, says so, and replays', async () => {
    const open = hold('twice/1');
    const left = await start('left', { params: { what: 'twice' } });
    await until(() => callsOf('twice') === 1);
    const right = await start('right', { params: { what: 'twice' } });
    await until(async () => (await right.progress()).steps[0]?.summary.startsWith('waits for run') ?? false);
    const { summary } = step(await right.progress(), 'work');
    expect(summary).toBe(`waits for run ${left.runId?.slice(0, 12)} of run/left/all, which computes the same`);
    open();
    const [one, other] = [await left.result(), await right.result()];
    expect(callsOf('twice')).toBe(1);
    expect(step(other, 'work')).toMatchObject({ code: 'CACHED', reusedFrom: one.runId, output: { value: { nth: 1 } } });
    await replays('run/left/all', 'run/right/all');
  });

  it('computes itself what another run was computing when that is terminated, is cancelled or fails', async () => {
    const open = hold('taken-over/1');
    const left = await start('left', { params: { what: 'taken-over' } });
    await until(() => callsOf('taken-over') === 1);
    const right = await start('right', { params: { what: 'taken-over' } });
    await until(async () => (await right.progress()).steps[0]?.summary.startsWith('waits for run') ?? false);
    await millrace.client.temporal.workflow.getHandle(left.workflowId).terminate('test');
    expect(step(await right.result(), 'work')).toMatchObject({ code: null, output: { value: { nth: 2 } } });
    open();

    const again = hold('cancelled/1');
    const cancelled = await start('left', { params: { what: 'cancelled' } });
    await until(() => callsOf('cancelled') === 1);
    const next = await start('right', { params: { what: 'cancelled' } });
    await until(async () => (await next.progress()).steps[0]?.summary.startsWith('waits for run') ?? false);
    await millrace.client.temporal.workflow.getHandle(cancelled.workflowId).cancel();
    expect(step(await next.result(), 'work')).toMatchObject({ code: null, output: { value: { nth: 2 } } });
    again();

    const fail = hold('failing/1');
    const failing = await start('left', { params: { what: 'failing' } });
    await until(() => callsOf('failing') === 1);
    const last = await start('right', { params: { what: 'failing' } });
    await until(async () => (await last.progress()).steps[0]?.summary.startsWith('waits for run') ?? false);
    fail();
    await expect(failing.result()).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
    expect(step(await last.result(), 'work')).toMatchObject({ code: null, output: { value: { nth: 2 } } });
  });

  it('replays runs whose steps were looked up side by side', async () => {
    const params = { folder: data };
    const first = await run('many', { params });
    expect(first.steps.filter(({ cache }) => cache?.outcome === 'miss')).toHaveLength(8);
    await replays('run/many/all');
    const second = await run('many', { params });
    expect(second.steps.filter(({ code }) => code === 'CACHED')).toHaveLength(8);
    await replays('run/many/all');
  });

  it('replays runs of which some steps are reused and others are computed side by side', async () => {
    for (const turn of [1, 2, 3, 4]) {
      const { steps } = await run('mixed', { params: { turn } });
      expect(steps.filter(({ code }) => code === 'CACHED')).toHaveLength(turn === 1 ? 0 : 4);
      await replays('run/mixed/all');
    }
  });

  async function replays(...workflowIds: string[]): Promise<void> {
    for (const workflowId of workflowIds) {
      const history = await millrace.client.temporal.workflow.getHandle(workflowId).fetchHistory();
      const histories = [{ workflowId, history }] as unknown as ReplayHistoriesIterable;
      for await (const { error } of Worker.runReplayHistories({ workflowBundle: await workflowBundle() }, histories)) {
        expect(error).toBeUndefined();
      }
    }
  }
});
