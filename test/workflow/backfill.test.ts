import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  backfillResultSchema,
  type BackfillProgress,
  type BackfillRequest,
  type BackfillResult,
} from '../../schemas/index.js';
import { backfillProject, type Gate } from '../support/backfill-project.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

/** What a workflow shows of itself in the Temporal UI. */
interface Metadata {
  currentDetails?: string;
  definition: { updateDefinitions: { name: string; description: string }[] };
}

describe('backfill', () => {
  let millrace: MillraceEnvironment;
  let gate: Gate;

  beforeAll(async () => {
    const project = backfillProject();
    gate = project.gate;
    millrace = await startMillrace(project.config);
  });
  afterAll(() => millrace.close());
  beforeEach(() => {
    gate.close();
    gate.fail([]);
    gate.began.length = 0;
  });

  const start = (request: Omit<BackfillRequest, 'pipeline'>) =>
    millrace.client.startBackfill({ pipeline: 'gated', ...request });

  /** As the Temporal UI starts it: one payload, an id that somebody typed. */
  async function typed(input: unknown): Promise<BackfillResult> {
    const { workflow } = millrace.client.temporal;
    const options = { taskQueue: 'orchestration', workflowId: `typed-${randomUUID()}`, args: [input] };
    return backfillResultSchema.parse(await workflow.execute('backfill', options));
  }

  async function failureOf(input: unknown) {
    const error: unknown = await typed(input).catch((thrown: unknown) => thrown);
    if (!(error instanceof WorkflowFailedError)) throw new Error(`not a failure: ${String(error)}`);
    // A child that failed has the cause one level further in.
    const cause = error.cause instanceof ApplicationFailure ? error.cause : error.cause?.cause;
    if (!(cause instanceof ApplicationFailure)) throw new Error(`no cause: ${String(error.cause)}`);
    const problems = (cause.details?.[0] as { problems?: { path: string }[] } | undefined)?.problems ?? [];
    return { type: cause.type, message: cause.message, paths: problems.map(({ path }) => path) };
  }

  const startedWith = async (workflowId: string): Promise<unknown[]> => {
    const { events } = await millrace.client.temporal.workflow.getHandle(workflowId).fetchHistory();
    const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return payloads.map(({ data }) => JSON.parse(Buffer.from(data ?? []).toString()) as unknown);
  };

  const outcomes = ({ partitions }: BackfillResult) =>
    partitions?.map(({ partition, outcome }) => [partition, outcome]);
  const events = async (workflowId: string) =>
    (await millrace.client.temporal.workflow.getHandle(workflowId).fetchHistory()).events?.length ?? 0;

  it('runs each partition of a range once, started by one JSON object under a typed id, and leads to the derived one', async () => {
    gate.open();
    const result = await typed({ pipeline: 'gated', from: '2001-03-01', to: '2001-03-04' });
    expect(result).toMatchObject({
      verdict: 'succeeded',
      message: '4 of 4 runs succeeded',
      counts: { succeeded: 4 },
      plan: { partitions: 4, run: 4, reuse: 0, skip: 0, reasons: { never_ran: 4 } },
    });
    expect(outcomes(result)).toEqual([1, 2, 3, 4].map((day) => [`2001-03-0${day}`, 'succeeded']));
    const derived = millrace.client.temporal.workflow.getHandle('backfill/gated/2001-03-01..2001-03-04');
    expect((await derived.describe()).status.name).toBe('COMPLETED');
    const runs = (await millrace.lineage.runs({ pipeline: 'gated' })).filter((run) => run.partition < '2001-03-05');
    expect(runs.map((run) => run.workflowId).sort()).toEqual([1, 2, 3, 4].map((day) => `run/gated/2001-03-0${day}`));
    expect(runs[0]).toMatchObject({
      requestedBy: 'backfill 2001-03-01..2001-03-04 by unknown',
      logicalTime: expect.stringMatching(/T00:00:00/),
    });
  });

  it('shows in a dry run what it would do and why, and does nothing', async () => {
    const plan = await millrace.client.planBackfill({ pipeline: 'gated', from: '2001-03-03', to: '2001-03-06' });
    expect(plan).toMatchObject({ verdict: 'planned', plan: { run: 2, reuse: 2, skip: 0 } });
    expect(plan.partitions?.map(({ partition, action, reason }) => `${partition} ${action} ${reason}`)).toEqual([
      '2001-03-03 reuse up_to_date',
      '2001-03-04 reuse up_to_date',
      '2001-03-05 run never_ran',
      '2001-03-06 run never_ran',
    ]);
    expect(plan.plan.expectedMs).toBeGreaterThan(0);
    // It writes no dataset.
    expect(plan.plan.expectedRows).toBeNull();
    const again = await millrace.client.planBackfill({ pipeline: 'gated', from: '2001-03-03', to: '2001-03-06' });
    expect(again.plan.hash).toBe(plan.plan.hash);
    expect(gate.began).toEqual([]);
  });

  it('is refused with the difference when the plan that was looked at is no longer the plan', async () => {
    gate.open();
    const range = { pipeline: 'gated', from: '2001-03-07', to: '2001-03-08' };
    const { plan } = await millrace.client.planBackfill(range);
    await (await millrace.client.startRun({ pipeline: 'gated', partition: '2001-03-07' })).result();
    const refused = await millrace.client.startBackfill({ ...range, planHash: plan.hash });
    await expect(refused.result()).rejects.toMatchObject({
      code: 'PLAN_CHANGED',
      problems: [{ path: 'planHash', message: '2001-03-07: run (never_ran) → reuse (up_to_date)' }],
    });
    const renewed = await millrace.client.planBackfill(range);
    const carriedOut = await millrace.client.startBackfill({ ...range, planHash: renewed.plan.hash });
    expect(outcomes(await carriedOut.result())).toEqual([
      ['2001-03-07', 'reused'],
      ['2001-03-08', 'succeeded'],
    ]);
  });

  it('chooses by what became of the last run: missing, failed, stale, all', async () => {
    gate.open();
    gate.fail(['2001-04-02']);
    await (await start({ from: '2001-04-01', to: '2001-04-02' })).result();
    gate.fail([]);
    const range = { pipeline: 'gated', from: '2001-04-01', to: '2001-04-03' };
    const chosen = async (reprocess: BackfillRequest['reprocess'], params = {}) =>
      (await millrace.client.planBackfill({ ...range, reprocess, params })).partitions?.map(
        ({ action, reason }) => `${action} ${reason}`,
      );
    expect(await chosen('missing')).toEqual(['reuse up_to_date', 'skip failed_before', 'run never_ran']);
    expect(await chosen('failed')).toEqual(['reuse up_to_date', 'run failed_before', 'run never_ran']);
    expect(await chosen('failed', { colour: 'blue' })).toEqual([
      'skip specification_changed',
      'run failed_before',
      'run never_ran',
    ]);
    expect(await chosen('stale', { colour: 'blue' })).toEqual([
      'run specification_changed',
      'run failed_before',
      'run never_ran',
    ]);
    expect(await chosen('all')).toEqual(['run up_to_date', 'run failed_before', 'run never_ran']);
  });

  it('leaves out partitions whose window has not ended', async () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const { partitions } = await millrace.client.planBackfill({ pipeline: 'gated', from: tomorrow, to: tomorrow });
    expect(partitions).toEqual([
      expect.objectContaining({ action: 'skip', reason: 'not_complete', outcome: 'skipped' }),
    ]);
  });

  it('goes on after failures, runs them again when told to, and says in the end what failed', async () => {
    gate.fail(['2001-05-01', '2001-05-02']);
    const backfill = await start({ from: '2001-05-01', to: '2001-05-04', maxActive: 2 });
    await until(() => gate.waiting().length === 2);
    const progress = await backfill.progress();
    expect(progress).toMatchObject({ outcomes: { failed: 2 }, running: 2, waiting: 0, phase: 'running' });
    expect(progress.failures).toEqual([
      expect.objectContaining({
        code: 'SOURCE_EMPTY',
        workflowId: expect.stringMatching(/^run\/gated\/2001-05-0[12]$/),
      }),
      expect.objectContaining({ message: expect.stringContaining('is broken') }),
    ]);
    gate.fail(['2001-05-01']);
    await backfill.retryFailed();
    gate.open();
    const result = await backfill.result();
    expect(result).toMatchObject({ verdict: 'incomplete', counts: { succeeded: 3, failed: 1 } });
    expect(result.partitions?.[0]).toMatchObject({ outcome: 'failed', code: 'SOURCE_EMPTY' });
    expect(gate.began.filter((partition) => partition === '2001-05-02')).toHaveLength(2);
  });

  it('stops after as many failures as are allowed', async () => {
    gate.fail(['2001-06-01', '2001-06-02']);
    const backfill = await start({ from: '2001-06-01', to: '2001-06-05', maxActive: 1, stopAfterFailures: 2 });
    const result = await backfill.result();
    expect(result).toMatchObject({ verdict: 'stopped', counts: { failed: 2, not_started: 3 } });
    expect(result.message).toBe('stopped after 2 failed runs; 0 of 5 runs succeeded');
  });

  it('pauses, goes on, and changes how much it does at once', async () => {
    const backfill = await start({ from: '2001-07-01', to: '2001-07-08', maxActive: 1 });
    await until(() => gate.waiting().length === 1);
    expect(await backfill.pause({ by: 'ann' })).toMatchObject({ phase: 'paused', pausedBy: 'ann' });
    gate.open('2001-07-01');
    await until(async () => (await backfill.progress()).running === 0);
    expect(await backfill.setMaxActive({ maxActive: 3 })).toMatchObject({ maxActive: 3, waiting: 7, running: 0 });
    await backfill.resume();
    await until(() => gate.waiting().length === 3);
    expect(await backfill.setPriority({ priority: 2 })).toMatchObject({ running: 3, waiting: 4, priority: 2 });
    gate.open();
    expect(await backfill.result()).toMatchObject({ verdict: 'succeeded', counts: { succeeded: 8 } });
    const priorities = await Promise.all(
      ['2001-07-01', '2001-07-02', '2001-07-03', '2001-07-08'].map(async (day) => {
        const { raw } = await millrace.client.temporal.workflow.getHandle(`run/gated/${day}`).describe();
        return raw.workflowExecutionInfo?.priority?.priorityKey;
      }),
    );
    // One of the runs under way always has the ordinary priority: a backfill is never starved.
    expect(priorities).toEqual([3, 3, 5, 2]);
  });

  it('cancels a partition that waits and one that runs, but not one that it does not run', async () => {
    const backfill = await start({ from: '2001-08-01', to: '2001-08-03', maxActive: 1 });
    await until(() => gate.waiting().length === 1);
    await backfill.cancelPartition({ partition: '2001-08-02' });
    await backfill.cancelPartition({ partition: '2001-08-01' });
    await until(() => gate.waiting().includes('2001-08-03'));
    await expect(backfill.cancelPartition({ partition: '2001-08-02' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: '2001-08-02 has ended: cancelled',
    });
    await expect(backfill.cancelPartition({ partition: '2001-09-01' })).rejects.toMatchObject({
      code: 'PARTITION_INVALID',
    });
    gate.open();
    expect(outcomes(await backfill.result())).toEqual([
      ['2001-08-01', 'cancelled'],
      ['2001-08-02', 'cancelled'],
      ['2001-08-03', 'succeeded'],
    ]);
  });

  it('ends when it is cancelled: what runs finishes or stops, the rest is not started', async () => {
    const finishing = await start({ from: '2001-09-01', to: '2001-09-03', maxActive: 1 });
    await until(() => gate.waiting().length === 1);
    await finishing.cancel({ by: 'ann' });
    gate.open('2001-09-01');
    expect(await finishing.result()).toMatchObject({
      verdict: 'cancelled',
      message: 'cancelled by ann; 1 of 3 runs succeeded',
      counts: { succeeded: 1, not_started: 2 },
    });
    const stopping = await start({ from: '2001-09-02', to: '2001-09-03', maxActive: 1 });
    await until(() => gate.waiting().includes('2001-09-02'));
    await stopping.cancel({ running: 'stop' });
    expect((await stopping.result()).counts).toEqual({ cancelled: 1, not_started: 1 });
  });

  it('takes no pause while it stops, and leaves its runs to be stopped when it was terminated', async () => {
    const { workflow } = millrace.client.temporal;
    const stopping = await start({ from: '2001-08-20', to: '2001-08-22', maxActive: 1 });
    await until(() => gate.began.length === 1);
    await stopping.cancel({ by: 'ann' });
    await expect(stopping.pause({ by: 'bob' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: 'pause: the backfill starts no more runs, cancelled by ann',
    });
    await workflow.getHandle(stopping.workflowId).terminate('by hand');
    await expect(stopping.cancel({ by: 'ann' })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const ended = await until(() => stopping.cancel({ running: 'stop' }).catch(() => undefined));
    expect(ended).toMatchObject({ phase: 'ended', running: 1, active: ['2001-08-20'] });
    const run = workflow.getHandle('run/gated/2001-08-20');
    await until(async () => (await run.describe()).status.name === 'CANCELLED');
    const refusal = () =>
      stopping.cancel({ running: 'stop' }).then(
        () => '',
        (error: Error) => error.message,
      );
    await until(async () => (await refusal()).includes('none of its runs is under way'));
  });

  it('tells of itself by its handle, also where a later one has its id by now', async () => {
    const range = { from: '2001-08-24', to: '2001-08-27' };
    const first = await start({ ...range, maxActive: 1, batchSize: 2 });
    await until(() => gate.began.length === 1);
    gate.open();
    await first.result();
    expect(await first.progress()).toMatchObject({ maxActive: 1, outcomes: { succeeded: 4 }, waiting: 0 });
    gate.close();
    const second = await start({ ...range, reprocess: 'all', maxActive: 2 });
    await until(() => gate.waiting().length === 2);
    expect(await first.progress()).toMatchObject({ maxActive: 1, outcomes: { succeeded: 4 }, waiting: 0 });
    expect(await second.progress()).toMatchObject({ maxActive: 2, running: 2, waiting: 2 });
    gate.open();
    await second.result();
  });

  it('is cancelled in Temporal’s own way too, with its runs', async () => {
    const backfill = await start({ from: '2001-09-11', to: '2001-09-12', maxActive: 1 });
    await until(() => gate.waiting().includes('2001-09-11'));
    const { workflow } = millrace.client.temporal;
    await workflow.getHandle(backfill.workflowId).cancel();
    await expect(backfill.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    expect((await workflow.getHandle('run/gated/2001-09-11').describe()).status.name).toBe('CANCELLED');
  });

  it('joins a run that is under way instead of starting another, and does not cancel it', async () => {
    const nightly = await millrace.client.startRun({
      pipeline: 'gated',
      partition: '2001-10-02',
      requestedBy: 'nightly',
    });
    await until(() => gate.waiting().includes('2001-10-02'));
    const backfill = await start({ from: '2001-10-01', to: '2001-10-03', maxActive: 3 });
    await until(async () => (await backfill.progress()).joined === 1 && gate.waiting().length === 3);
    await expect(backfill.cancelPartition({ partition: '2001-10-02' })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
    });
    gate.open();
    const result = await backfill.result();
    expect(result).toMatchObject({ verdict: 'succeeded', plan: { reasons: { under_way: 1, never_ran: 2 } } });
    expect(gate.began.filter((partition) => partition === '2001-10-02')).toHaveLength(1);
    expect((await millrace.lineage.run((await nightly.result()).runId)).requestedBy).toBe('nightly');
  });

  it('attaches a second start to the first', async () => {
    const range = { from: '2001-10-11', to: '2001-10-12' };
    const first = await start(range);
    const second = await start({ ...range, maxActive: 2 });
    const third = typed({ pipeline: 'gated', ...range });
    expect([first.attached, second.attached]).toEqual([false, true]);
    await until(() => gate.waiting().length === 2);
    gate.open();
    expect(await second.result()).toEqual(await first.result());
    expect((await third).plan.hash).toBe((await first.result()).plan.hash);
    expect(gate.began.sort()).toEqual(['2001-10-11', '2001-10-12']);
  });

  it.each(['forward', 'backward'] as const)('goes %s', async (order) => {
    gate.open();
    const month = order === 'forward' ? '11' : '12';
    await (await start({ from: `2001-${month}-01`, to: `2001-${month}-05`, maxActive: 1, order })).result();
    const days = [1, 2, 3, 4, 5].map((day) => `2001-${month}-0${day}`);
    expect(gate.began).toEqual(order === 'forward' ? days : days.reverse());
  });

  it('continues as new with its state: runs under way are followed, failures and a pause are kept', async () => {
    gate.fail(['2002-01-01']);
    const backfill = await start({ from: '2002-01-01', to: '2002-01-07', maxActive: 2, batchSize: 2 });
    const { workflow } = millrace.client.temporal;
    const first = (await workflow.getHandle(backfill.workflowId).describe()).runId;
    await until(() => gate.waiting().length === 2);
    await until(async () => (await workflow.getHandle(backfill.workflowId).describe()).runId !== first);
    let progress: BackfillProgress = await backfill.pause({ by: 'ann' });
    expect(progress).toMatchObject({ outcomes: { failed: 1 }, running: 2, pausedBy: 'ann' });
    expect(progress.failures).toHaveLength(1);
    gate.open('2002-01-02');
    await until(async () => (progress = await backfill.progress()).running === 1);
    expect(progress).toMatchObject({ outcomes: { failed: 1, succeeded: 1 }, phase: 'paused' });
    // A run that an execution before this one started is still this backfill’s to cancel.
    await backfill.cancelPartition({ partition: '2002-01-03' });
    gate.fail([]);
    await backfill.retryFailed();
    gate.open();
    await backfill.resume();
    expect(outcomes(await backfill.result())).toEqual([
      ['2002-01-01', 'succeeded'],
      ['2002-01-02', 'succeeded'],
      ['2002-01-03', 'cancelled'],
      ['2002-01-04', 'succeeded'],
      ['2002-01-05', 'succeeded'],
      ['2002-01-06', 'succeeded'],
      ['2002-01-07', 'succeeded'],
    ]);
  });

  it('runs without checks for a reason that is on record, and with them when it is out of date', async () => {
    const range = { pipeline: 'checked', from: '2012-01', to: '2012-02' };
    const unchecked = await millrace.client.startBackfill({
      ...range,
      requestedBy: 'ann',
      checks: { off: 'the rules are newer' },
    });
    expect(await unchecked.result()).toMatchObject({ verdict: 'succeeded', counts: { succeeded: 2 } });
    const { steps } = await (await millrace.client.getRun({ pipeline: 'checked', partition: '2012-01' })).result();
    expect(steps.map(({ step }) => step)).toEqual(['raw']);
    const [input] = await startedWith('run/checked/2012-01');
    expect(input).toMatchObject({ checksOff: { by: 'ann', reason: 'the rules are newer' } });
    const checked = await millrace.client.startBackfill({ ...range, reprocess: 'stale' });
    expect(await checked.result()).toMatchObject({
      plan: { reasons: { specification_changed: 2 } },
      counts: { refused: 2 },
    });
  });

  it('judges the whole range once at its end, which passes where no partition would alone', async () => {
    const judged = async (to: string, params = {}) => {
      const request = { pipeline: 'checked-together', from: '2012-01', to, params, checks: 'atEnd' as const };
      return (await millrace.client.startBackfill({ ...request, requestedBy: 'ann', reprocess: 'all' })).result();
    };
    const passed = await judged('2012-02');
    expect(passed).toMatchObject({
      verdict: 'succeeded',
      counts: { succeeded: 2 },
      checks: [{ step: 'quality', dataset: 'checked-together', versions: 2, rows: 120, verdict: 'pass', failing: [] }],
    });
    expect(await judged('2012-03', { most: 150 })).toMatchObject({
      verdict: 'refused',
      message: '3 of 3 runs succeeded; quality fail: row_count',
      checks: [{ versions: 3, rows: 182, verdict: 'fail', failing: ['row_count'] }],
    });
    // The reports are on record, so that no sweep takes them.
    const { entries } = await millrace.lineage.audit({ actor: 'ann', action: 'check' });
    expect(entries.map(({ target }) => target)).toEqual([
      'dataset:checked-together/2012-01..2012-03',
      'dataset:checked-together/2012-01..2012-02',
    ]);
    expect(JSON.stringify(entries[1])).toContain(passed.checks![0]!.report.html);
  });

  it('runs each partition as it ran before, whatever the pipeline says now, and refuses what never ran', async () => {
    gate.open();
    await (await start({ from: '2003-09-01', to: '2003-09-01', params: { colour: 'blue' } })).result();
    await (await start({ from: '2003-09-02', to: '2003-09-02' })).result();
    const range = { from: '2003-09-01', to: '2003-09-02', version: 'as-run' } as const;
    const again = await start({ ...range, reprocess: 'all' });
    expect(await again.result()).toMatchObject({ verdict: 'succeeded', counts: { succeeded: 2 } });
    const digests = async (partition: string) => {
      const runs = await millrace.lineage.runs({ pipeline: 'gated', limit: 1000 });
      const mine = runs.filter((run) => run.partition === partition);
      return Promise.all(mine.map(async ({ runId }) => (await millrace.lineage.run(runId)).specificationDigest));
    };
    const [[first, firstAgain], [second, secondAgain]] = [await digests('2003-09-01'), await digests('2003-09-02')];
    expect([firstAgain, secondAgain]).toEqual([first, second]);
    expect(first).not.toBe(second);
    const [input] = await startedWith('run/gated/2003-09-01');
    expect(input).toMatchObject({ specification: first, params: {} });

    expect(await failureOf({ pipeline: 'gated', ...range, to: '2003-09-03' })).toMatchObject({
      type: 'SPECIFICATION_NOT_FOUND',
      paths: ['version'],
      message: expect.stringContaining('2003-09-03 never ran'),
    });
    expect(await failureOf({ pipeline: 'gated', ...range, params: { colour: 'red' } })).toMatchObject({
      type: 'INPUT_INVALID',
      paths: ['params'],
    });
  });

  it('shows in the details how it ended: verdict, counts, and failures with links', async () => {
    gate.fail(['2002-02-01']);
    gate.open();
    const backfill = await start({ from: '2002-02-01', to: '2002-02-02' });
    await backfill.result();
    const { currentDetails = '', definition } = await millrace.client.temporal.workflow
      .getHandle(backfill.workflowId)
      .query<Metadata>('__temporal_workflow_metadata');
    const updates = Object.fromEntries(
      definition.updateDefinitions.map(({ name, description }) => [name, description]),
    );
    expect(updates).toMatchObject({
      pause: expect.stringContaining('Takes {"by", "reason"}.'),
      cancelPartition: expect.stringContaining('Takes {"partition", "by", "reason"}.'),
      cancel: expect.stringContaining('Takes {"running", "by", "reason"}.'),
    });
    expect(currentDetails).toMatch(/: \*\*incomplete\*\*; 1 of 2 runs succeeded; \d/);
    expect(currentDetails).toContain('| failed | 1 |');
    expect(currentDetails).not.toMatch(/running|waiting/);
    expect(currentDetails).toContain(
      '| [2002-02-01](/namespaces/{namespace}/workflows/run%2Fgated%2F2002-02-01) | SOURCE_EMPTY |',
    );
  });

  it('fails at once on bad input, with every problem by path', async () => {
    expect(await failureOf(undefined)).toMatchObject({ type: 'INPUT_INVALID' });
    expect(await failureOf({ pipeline: 1, from: '', maxActive: 501, reprocess: 'some', colour: 'red' })).toMatchObject({
      type: 'INPUT_INVALID',
      paths: expect.arrayContaining(['pipeline', 'from', 'to', 'maxActive', 'reprocess', 'colour']),
    });
    const range = { from: '2001-03-01', to: '2001-03-02' };
    expect(await failureOf({ pipeline: 'gatd', ...range })).toMatchObject({
      type: 'PIPELINE_UNKNOWN',
      message: expect.stringContaining('did you mean "gated"?'),
    });
    expect(await failureOf({ pipeline: 'gated', from: '2001-03-02', to: '2001-03-01' })).toMatchObject({
      type: 'PARTITION_INVALID',
    });
    expect(await failureOf({ pipeline: 'gated', ...range, params: { color: 'blue' } })).toMatchObject({
      type: 'PARAMETER_INVALID',
      paths: ['params.color'],
    });
  });

  it('refuses at once a range that somebody can only have meant by mistake', async () => {
    const { type, message } = await failureOf({ pipeline: 'gated', from: '1001-01-01', to: '9999-12-31' });
    expect(type).toBe('PARTITION_INVALID');
    expect(message).toContain('more than 250000 partitions');
  });

  it('refuses the id of another range', async () => {
    const { workflow } = millrace.client.temporal;
    const input = { pipeline: 'gated', from: '2001-03-01', to: '2001-03-02' };
    const options = { taskQueue: 'orchestration', workflowId: 'backfill/gated/2001-03-01..2001-03-03', args: [input] };
    const error: unknown = await workflow.execute('backfill', options).catch((thrown: unknown) => thrown);
    expect((error as WorkflowFailedError).cause).toMatchObject({ type: 'INPUT_INVALID' });
  });

  it('refuses an update with bad input, and nothing is on record of it', async () => {
    const backfill = await start({ from: '2002-03-01', to: '2002-03-01' });
    const { workflow } = millrace.client.temporal;
    const handle = workflow.getHandle(backfill.workflowId);
    await until(() => gate.waiting().length === 1);
    const before = await events(backfill.workflowId);
    await expect(handle.executeUpdate('setMaxActive', { args: [{ maxActive: 0 }] })).rejects.toThrow();
    expect(await events(backfill.workflowId)).toBe(before);
    gate.open();
    await backfill.result();
  });

  it('keeps its history small over many partitions', async () => {
    const backfill = await millrace.client.startBackfill({
      pipeline: 'idle',
      from: '2001-01-01T00',
      to: '2001-01-04T07',
      maxActive: 20,
      batchSize: 25,
    });
    expect(backfill.attached).toBe(false);
    const result = await backfill.result();
    expect(result).toMatchObject({ verdict: 'succeeded', counts: { succeeded: 80 } });
    expect(result.partitions).toHaveLength(80);
    expect(await events(backfill.workflowId)).toBeLessThan(700);
    const chain: string[] = [];
    const handle = millrace.client.temporal.workflow.getHandle(backfill.workflowId);
    const query = `WorkflowId = '${backfill.workflowId}'`;
    await until(async () => {
      chain.length = 0;
      for await (const execution of millrace.client.temporal.workflow.list({ query })) chain.push(execution.runId);
      return chain.length >= 3;
    });
    expect(chain).toContain((await handle.describe()).runId);
  });
});
