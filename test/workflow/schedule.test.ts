import { setTimeout as delay } from 'node:timers/promises';
import { ScheduleOverlapPolicy } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  configSchema,
  firingResultSchema,
  taskQueue,
  type FiringResult,
  type LineStatus,
  type MillraceConfig,
} from '../../schemas/index.js';
import { cronClock } from '../../engine/pipelines/index.js';
import { backfillProject, type Gate } from '../support/backfill-project.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

describe('schedules', () => {
  let millrace: MillraceEnvironment;
  let gate: Gate;
  let config: MillraceConfig;

  beforeAll(async () => {
    const project = backfillProject();
    gate = project.gate;
    config = configSchema.parse(project.config);
    millrace = await startMillrace(project.config);
  });
  afterAll(() => millrace.close());
  beforeEach(() => {
    gate.open();
    gate.fail([]);
    gate.began.length = 0;
  });

  /** The pipelines with a schedule for one of them. */
  const scheduled = (name: string, schedule: object) =>
    configSchema.parse({
      ...config,
      pipelines: config.pipelines.map((pipeline) => (pipeline.name === name ? { ...pipeline, schedule } : pipeline)),
    }).pipelines;

  const nightly = { cron: '30 3 * * *', timezone: 'Europe/Berlin' };

  /** Results of the firings for which Temporal makes up, or that it was told to make. */
  async function firings(pipeline: string, count: number): Promise<FiringResult[]> {
    const recent = await until(async () => {
      const found = (await millrace.client.schedules.describe(pipeline)).recent;
      return found.length >= count ? found : undefined;
    });
    const results = recent.map(async ({ workflowId }) => {
      const { workflow } = millrace.client.temporal;
      return firingResultSchema.parse(await workflow.getHandle(workflowId).result());
    });
    return (await Promise.all(results)).sort((a, b) => (a.nominalTime < b.nominalTime ? -1 : 1));
  }

  it('are made what the configuration says, and applying them again changes nothing', async () => {
    const { schedules } = millrace.client;
    const pipelines = scheduled('gated', nightly);
    expect(await schedules.apply(pipelines, { dryRun: true })).toMatchObject([{ pipeline: 'gated', change: 'create' }]);
    expect(await schedules.list()).toEqual([]);
    expect(await schedules.apply(pipelines)).toMatchObject([{ change: 'create' }]);
    expect(await schedules.apply(pipelines)).toEqual([{ pipeline: 'gated', change: 'unchanged', differences: [] }]);
    const { next, paused } = await schedules.describe('gated');
    expect(paused).toBe(false);
    expect(next).toHaveLength(10);
    expect(next.every((time) => /T0[12]:30:00/.test(time))).toBe(true);
  });

  it.each([
    ['Europe/Berlin', '2027-10-30T22:00:00Z'],
    ['Europe/Berlin', '2027-03-27T22:00:00Z'],
    ['America/Santiago', '2027-04-04T00:00:00Z'],
    ['Asia/Beirut', '2027-03-27T19:00:00Z'],
  ])('fire when it is known that they do, while clocks in %s are changed after %s', async (timezone, startAt) => {
    const { schedules } = millrace.client;
    const cron = '0 * * * *';
    await schedules.apply(scheduled('gated', { cron, timezone, startAt }));
    const { next } = await schedules.describe('gated');
    const clock = cronClock(cron, timezone);
    const before = next.slice(1).map((time) => new Date(clock.firedBefore(Date.parse(time)) ?? 0).toISOString());
    expect(before).toEqual(next.slice(0, -1));
  });

  it.each<[string, object]>([
    ['weekdays', { cron: '*/15 6-18 * * 1-5', timezone: 'America/New_York' }],
    ['either of two fields of days', { cron: '0 0 13 * 5' }],
    ['months by name', { cron: '5 4 1,15 jan-mar *' }],
    ['an interval', { everySeconds: 900, jitterSeconds: 30, overlap: 'buffer_all', pauseOnFailure: true }],
    [
      'everything',
      {
        ...nightly,
        catchUpSeconds: 60,
        startAt: '2030-01-01T00:00:00Z',
        endAt: '2031-01-01T00:00:00Z',
        params: { colour: 'red' },
      },
    ],
  ])('read back from Temporal equal what was applied: %s', async (_, schedule) => {
    const pipelines = scheduled('gated', schedule);
    await millrace.client.schedules.apply(pipelines);
    expect(await millrace.client.schedules.apply(pipelines)).toMatchObject([{ change: 'unchanged' }]);
  });

  it('show each difference, also one that somebody made in Temporal, and leave a pause alone', async () => {
    const { schedules } = millrace.client;
    await schedules.apply(scheduled('gated', nightly));
    await schedules.pause('gated', 'on holiday');
    const [change] = await schedules.apply(
      scheduled('gated', { ...nightly, cron: '0 4 * * *', overlap: 'buffer_one' }),
    );
    expect(change).toEqual({
      pipeline: 'gated',
      change: 'update',
      differences: [
        'times: minute 30, hour 3, day 1-31, month 1-12, weekday 0-6 → minute 0, hour 4, day 1-31, month 1-12, weekday 0-6',
        'overlap: skip → buffer_one',
      ],
    });
    expect(await schedules.describe('gated')).toMatchObject({ paused: true, note: 'on holiday' });
    await schedules.resume('gated', 'back');
    const handle = millrace.client.temporal.schedule.getHandle('schedule/gated');
    await handle.update((previous) => ({
      ...previous,
      policies: { ...previous.policies, overlap: ScheduleOverlapPolicy.ALLOW_ALL },
    }));
    const [repaired] = await schedules.apply(
      scheduled('gated', { ...nightly, cron: '0 4 * * *', overlap: 'buffer_one' }),
    );
    expect(repaired?.differences).toEqual(['overlap: allow_all → buffer_one']);
  });

  it('show what else somebody can change in Temporal so that other runs or none are made, and undo it', async () => {
    const { schedules } = millrace.client;
    const pipelines = scheduled('gated', nightly);
    await schedules.apply(pipelines);
    await schedules.pause('gated', 'on holiday');
    await millrace.client.temporal.schedule.getHandle('schedule/gated').update((previous) => ({
      ...previous,
      spec: { ...previous.spec, skip: [{ dayOfWeek: 'SUNDAY', hour: { start: 0, end: 23 } }] },
      state: { ...previous.state, remainingActions: 3 },
      action: {
        ...previous.action,
        ...{ workflowId: 'x', workflowRunTimeout: '1s', args: [{ pipeline: 'idle', requestedBy: 'eve' }] },
      },
    }));
    const [repaired] = await schedules.apply(pipelines);
    expect(repaired?.differences).toEqual([
      'except: minute 0, hour 0-23, day 1-31, month 1-12, weekday 0 → none',
      'firingsLeft: 3 → no limit',
      'workflowId: x → firing/gated',
      'limits: workflowRunTimeout 1000 → none',
      'pipeline: idle → gated',
      'requestedBy: eve → schedule',
    ]);
    expect(await schedules.apply(pipelines)).toMatchObject([{ change: 'unchanged' }]);
    expect(await schedules.describe('gated')).toMatchObject({ paused: true, note: 'on holiday' });
    await schedules.resume('gated', 'back');
  });

  it('show what somebody wrote on firings in Temporal, and whose turn they made it, and undo that too', async () => {
    const { schedules } = millrace.client;
    const pipelines = scheduled('gated', nightly);
    await schedules.apply(pipelines);
    const partition = defineSearchAttributeKey('MillracePartition', 'KEYWORD');
    await millrace.client.temporal.schedule.getHandle('schedule/gated').update((previous) => ({
      ...previous,
      action: {
        ...previous.action,
        ...{ priority: { priorityKey: 1, fairnessKey: 'eve', fairnessWeight: 2 }, memo: { why: ['a', 0] } },
        ...{ workflowTaskTimeout: '20s', staticSummary: 'mine', staticDetails: 'to see' },
        typedSearchAttributes: [{ key: partition, value: 'x' }],
      },
    }));
    const [repaired] = await schedules.apply(pipelines);
    expect(repaired?.differences).toEqual([
      'limits: workflowTaskTimeout 20000 → none',
      'priority: fairnessKey "eve", fairnessWeight 2, priorityKey 1 → none',
      'memo: why ["a",0] → none',
      'searchAttributes: MillracePartition "x" → none',
      'summary: mine; to see → gated: a firing of its schedule',
    ]);
    expect(await schedules.apply(pipelines)).toMatchObject([{ change: 'unchanged' }]);
  });

  it('of pipelines that have none any more are told, and deleted only when it is asked for', async () => {
    const { schedules } = millrace.client;
    await schedules.apply(scheduled('gated', nightly));
    // The list of schedules follows a moment after they are made.
    await until(async () => ((await schedules.list()).length > 0 ? true : undefined));
    expect(await schedules.apply(config.pipelines)).toMatchObject([{ pipeline: 'gated', change: 'unknown' }]);
    expect(await schedules.describe('gated')).toMatchObject({ pipeline: 'gated' });
    expect(await schedules.apply(config.pipelines, { prune: true })).toMatchObject([{ change: 'delete' }]);
    await expect(schedules.describe('gated')).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('fire for the partition that the nominal time closes, whenever the start is', async () => {
    await millrace.client.schedules.apply(scheduled('gated', { ...nightly, params: { colour: 'blue' } }));
    const handle = millrace.client.temporal.schedule.getHandle('schedule/gated');
    await handle.backfill({
      start: new Date('2001-03-02T00:00:00Z'),
      end: new Date('2001-03-04T00:00:00Z'),
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
    });
    const results = await firings('gated', 2);
    expect(results).toEqual([
      {
        pipeline: 'gated',
        nominalTime: '2001-03-02T02:30:00.000Z',
        runs: [
          { partition: '2001-03-01', workflowId: 'run/gated/2001-03-01', verdict: 'succeeded', reason: 'COMPLETED' },
        ],
        supersededBy: null,
      },
      expect.objectContaining({ nominalTime: '2001-03-03T02:30:00.000Z' }),
    ]);
    const [run] = await millrace.lineage.runs({ pipeline: 'gated' });
    expect(run).toMatchObject({
      requestedBy: 'schedule',
      logicalTime: expect.stringMatching(/^2001-03-0[23]T02:30:00/),
    });
  });

  it('join a run that somebody has started already, and run every region of a day', async () => {
    gate.close();
    await millrace.client.schedules.apply(scheduled('cells', nightly));
    const early = await millrace.client.startRun({
      pipeline: 'cells',
      partition: '2001-04-01|north',
      requestedBy: 'ann',
    });
    await until(async () => (gate.waiting().includes('2001-04-01|north') ? true : undefined));
    const handle = millrace.client.temporal.schedule.getHandle('schedule/cells');
    await handle.backfill({ start: new Date('2001-04-02T01:00:00Z'), end: new Date('2001-04-02T02:00:00Z') });
    await until(async () => (gate.waiting().length === 2 ? true : undefined));
    gate.open();
    const [result] = await firings('cells', 1);
    expect(result?.runs.map(({ partition }) => partition)).toEqual(['2001-04-01|north', '2001-04-01|south']);
    expect(gate.began.sort()).toEqual(['2001-04-01|north', '2001-04-01|south']);
    expect((await millrace.lineage.run((await early.result()).runId)).requestedBy).toBe('ann');
  });

  it('fire when they are triggered, for the day that is complete by now', async () => {
    const { schedules } = millrace.client;
    await schedules.apply(scheduled('gated', nightly));
    const before = (await schedules.describe('gated')).recent.length;
    await schedules.trigger('gated');
    await until(async () => (gate.began.length > 0 ? true : undefined));
    expect(gate.began).toEqual([new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)]);
    expect((await schedules.describe('gated')).recent.length).toBe(before + 1);
  });

  /** Four nights at once, as Temporal makes up for them after an outage: the runs of 2001-05-01 to 04. */
  async function fourNights(schedule: object): Promise<void> {
    await millrace.client.schedules.apply(scheduled('gated', { ...nightly, ...schedule }));
    const handle = millrace.client.temporal.schedule.getHandle('schedule/gated');
    await handle.backfill({
      ...{ start: new Date('2001-05-02T00:00:00Z'), end: new Date('2001-05-06T00:00:00Z') },
      overlap: ScheduleOverlapPolicy.ALLOW_ALL,
    });
  }
  const lineOf = async () =>
    // It is not there until the first firing asks.
    millrace.client.temporal.workflow
      .getHandle('line/gated')
      .query<LineStatus>('line')
      .catch((): Pick<LineStatus, 'waiting'> => ({ waiting: [] }));
  /** What became of those four. */
  async function fourEnds() {
    const { workflow } = millrace.client.temporal;
    const ends = ['02', '03', '04', '05'].map(async (day) => {
      const result = workflow.getHandle(`firing/gated-2001-05-${day}T01:30:00Z`).result();
      return result.then(
        (value) => firingResultSchema.parse(value).supersededBy ?? 'ran',
        () => 'failed',
      );
    });
    return Promise.all(ends);
  }

  it('take turns in the order of their times, so many at once, and nothing that waits is lost when one fails', async () => {
    const { schedules } = millrace.client;
    gate.close();
    gate.fail(['2001-05-02']);
    await fourNights({ overlap: 'buffer_all', maxActive: 2, pauseOnFailure: true });
    expect((await schedules.apply(scheduled('gated', nightly), { dryRun: true }))[0]?.differences).toEqual([
      'overlap: buffer_all → skip',
      'maxActive: 2 → 1',
      'pauseOnFailure: true → false',
    ]);
    await until(async () => ((await lineOf()).waiting.length === 2 ? true : undefined));
    // The second of them stops the line.
    const { note } = await until(async () => {
      const status = await schedules.describe('gated');
      return status.paused ? status : undefined;
    });
    expect(note).toContain('paused because a run failed: ');
    gate.open();
    await delay(3_000);
    expect((await lineOf()).waiting.map(({ nominalTime }) => nominalTime.slice(0, 10))).toEqual([
      '2001-05-04',
      '2001-05-05',
    ]);
    expect([...gate.began].sort()).toEqual(['2001-05-01', '2001-05-02']);
    await schedules.resume('gated', 'mended');
    expect(await fourEnds()).toEqual(['ran', 'failed', 'ran', 'ran']);
    expect(gate.began).toHaveLength(4);
    expect(gate.began.slice(2).sort()).toEqual(['2001-05-03', '2001-05-04']);
    expect(await millrace.client.temporal.workflow.getHandle('line/gated').result()).toEqual({ pipeline: 'gated' });
  });

  it('hold back one that came first and was overtaken, while the line is stopped', async () => {
    const { schedules, temporal } = millrace.client;
    gate.close();
    await schedules.apply(scheduled('gated', { ...nightly, overlap: 'buffer_all', pauseOnFailure: true }));
    // The firings of three nights, in the place of which a run that waits is told of its turn.
    const parked = await millrace.client.startRun({ pipeline: 'gated', partition: '2001-07-01', requestedBy: 'ann' });
    const join = (day: number) => ({
      ...{ ticket: `night-${day}`, workflowId: parked.workflowId, runId: parked.runId },
      nominalTime: `2001-07-0${day}T01:30:00.000Z`,
      rules: { order: 'all', maxActive: 1, stopOnFailure: true },
    });
    const handle = await temporal.workflow.signalWithStart('line', {
      ...{ workflowId: 'line/gated', taskQueue: taskQueue('orchestration'), args: [{ pipeline: 'gated' }] },
      ...{ signal: 'join', signalArgs: [join(3)] },
    });
    await Promise.all([2, 4].map((day) => handle.signal('join', join(day))));
    const tickets = (members: LineStatus['active']) => members.map(({ ticket }) => ticket);
    const atWork = (ticket: string) =>
      until(async () => {
        const { active } = await handle.query<LineStatus>('line');
        return tickets(active).includes(ticket) ? true : undefined;
      });
    await atWork('night-2');
    await handle.signal('leave', { ticket: 'night-2', failed: 'broken' });
    await until(async () => ((await schedules.describe('gated')).paused ? true : undefined));
    await delay(3_000);
    const { active, waiting } = await handle.query<LineStatus>('line');
    expect([tickets(active), tickets(waiting)]).toEqual([[], ['night-3', 'night-4']]);
    await schedules.resume('gated', 'mended');
    for (const day of [3, 4]) {
      await atWork(`night-${day}`);
      await handle.signal('leave', { ticket: `night-${day}`, failed: null });
    }
    expect(await handle.result()).toEqual({ pipeline: 'gated' });
    gate.open();
    await parked.result();
  });

  it('give way to the newest one that waits, and say so', async () => {
    gate.close();
    await millrace.client.schedules.apply(scheduled('gated', { ...nightly, overlap: 'newest' }));
    const handle = millrace.client.temporal.schedule.getHandle('schedule/gated');
    const fire = (from: number, to: number) => {
      const at = { start: new Date(`2001-06-0${from}T00:00:00Z`), end: new Date(`2001-06-0${to}T23:00:00Z`) };
      return handle.backfill({ ...at, overlap: ScheduleOverlapPolicy.ALLOW_ALL });
    };
    await fire(2, 2);
    await until(async () => (gate.waiting().length === 1 ? true : undefined));
    // In one request: of several in quick succession Temporal's server loses some.
    await fire(3, 5);
    // The server starts the firings of a schedule's backfill after it has answered, in any order.
    const firing = (day: number) =>
      until(async () => {
        const one = millrace.client.temporal.workflow.getHandle(`firing/gated-2001-06-0${day}T01:30:00Z`);
        return (await one.describe().catch(() => undefined)) && one;
      });
    for (const day of [3, 4]) {
      const gaveWay = firingResultSchema.parse(await (await firing(day)).result());
      expect(gaveWay).toMatchObject({ runs: [], supersededBy: expect.stringMatching(/^2001-06-0[45]T01:30/) });
    }
    const { waiting } = await lineOf();
    expect(waiting.map(({ nominalTime }) => nominalTime.slice(0, 10))).toEqual(['2001-06-05']);
    gate.open();
    const fifth = firingResultSchema.parse(await (await firing(5)).result());
    expect(fifth).toMatchObject({ runs: [{ partition: '2001-06-04', verdict: 'succeeded' }], supersededBy: null });
    expect(gate.began.slice(-1)).toEqual(['2001-06-04']);
    expect(gate.began).not.toContain('2001-06-02');
  });

  it('pause when a run fails, so that nobody builds on what is not there', async () => {
    const { schedules } = millrace.client;
    gate.fail([new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)]);
    await schedules.apply(scheduled('gated', { everySeconds: 1, pauseOnFailure: true }));
    const { note } = await until(async () => {
      const status = await schedules.describe('gated');
      return status.paused ? status : undefined;
    });
    expect(note).toContain('is broken');
  });

  it.each([
    [{}, 'schedule.cron', 'either'],
    [{ cron: '0 25 * * *' }, 'schedule.cron', 'hour: "25"'],
    [{ cron: '0 3 * * *', timezone: 'Mars/Olympus' }, 'schedule.timezone', 'time zone'],
    [{ cron: '0 3 * * *', overlap: 'allow_all', pauseOnFailure: true }, 'schedule.pauseOnFailure', 'no effect'],
    [{ cron: '0 3 * * *', maxActive: 2 }, 'schedule.maxActive', 'buffer_all or newest'],
  ])('are refused when they make no sense: %j', (schedule, path, message) => {
    const [pipeline] = config.pipelines;
    const { error } = configSchema.safeParse({ pipelines: [{ ...pipeline, schedule }] });
    expect(error?.issues.map((issue) => issue.path.slice(2).join('.'))).toContain(path);
    expect(error?.issues.map((issue) => issue.message).join()).toContain(message);
  });
});
