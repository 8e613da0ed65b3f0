import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunHandle } from '../../client/index.js';
import { definePipeline, MillraceError, type RunResult, type StepState } from '../../schemas/index.js';
import { PROJECT_DIR, startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const raw = {
  type: 'ingest',
  source: { kind: 'csv', path: '{{ params.folder }}/rain.csv' },
  dataset: 'rain',
  timeColumn: 'date',
} as const;
const days = { kind: 'daily', timezone: 'UTC' } as const;
const params = { folder: { type: 'string' } } as const;

const pipelines = [
  definePipeline({
    name: 'parked',
    onFailure: 'wait',
    steps: {
      first: { type: 'activity', activity: 'shaky' },
      second: { type: 'activity', activity: 'steady', needs: ['first'] },
      strict: { type: 'activity', activity: 'steady', onFailure: 'fail' },
    },
  }),
  definePipeline({
    name: 'reader',
    partitions: days,
    params,
    onFailure: 'wait',
    steps: {
      raw,
      total: {
        type: 'transform',
        inputs: { rain: 'raw' },
        sql: 'SELECT sum(rain) AS rain FROM rain',
        dataset: 'total',
      },
    },
  }),
  definePipeline({
    name: 'ended',
    partitions: days,
    params,
    steps: {
      raw,
      quality: { type: 'check', input: 'raw', suite: { checks: [{ type: 'row_count', min: 1 }] } },
      aside: { type: 'activity', activity: 'count', pool: 'one' },
      total: {
        type: 'transform',
        inputs: { rain: 'raw' },
        sql: 'SELECT sum(rain) AS rain FROM rain',
        dataset: 'total',
      },
      tell: { type: 'activity', activity: 'shaky', needs: ['total'] },
    },
  }),
];

describe('a run that failed', () => {
  let millrace: MillraceEnvironment;
  let folder: string;
  let broken = true;
  let counted = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-going-on-'));
    await writeFile(
      join(folder, 'rain.csv'),
      'date,rain\n2012-03-01,1\n2012-03-02,2\n2012-03-03,3\n2012-03-05,5\n2012-03-06,6\n',
    );
    millrace = await startMillrace({
      pipelines,
      pools: { one: 1 },
      activities: {
        shaky: async () => {
          if (broken) throw new MillraceError('SOURCE_EMPTY', 'it is broken');
          return 'whole';
        },
        steady: () => Promise.resolve('done'),
        count: () => Promise.resolve(++counted),
      },
    });
  });
  afterAll(async () => {
    await millrace.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    broken = true;
    counted = 0;
  });

  const start = (pipeline: string, partition = 'all'): Promise<RunHandle> =>
    millrace.client.startRun({
      pipeline,
      partition,
      params: pipeline === 'parked' ? {} : { folder },
      requestedBy: 'test',
    });

  async function parked(run: RunHandle): Promise<StepState> {
    return until(async () => (await run.progress()).steps.find(({ status }) => status === 'waiting'));
  }
  const codes = ({ steps }: RunResult) =>
    Object.fromEntries(steps.map(({ step, status, code }) => [step, code ?? status]));
  const who = { by: 'ada', reason: 'it is mended' };

  it('parks its step, is found, and does it again when it is told to, with who and why on the audit record', async () => {
    const run = await start('parked');
    expect(await parked(run)).toMatchObject({
      step: 'first',
      code: 'SOURCE_EMPTY',
      summary: 'waits for retryStep, skipStep, abort: it is broken',
    });
    await run.decide('retryStep', who);
    await parked(run);
    broken = false;
    await run.decide('retryStep', { ...who, step: 'first' });
    const result = await run.result();
    expect(codes(result)).toEqual({ first: 'succeeded', second: 'succeeded', strict: 'succeeded' });
    const { entries } = await millrace.lineage.audit({ actor: 'ada' });
    expect(entries.filter(({ runId }) => runId === result.runId)).toMatchObject([
      { action: 'retryStep', target: 'run/parked/all: step first', reason: 'it is mended' },
      { action: 'retryStep' },
    ]);
    const ends = (await millrace.lineage.run(result.runId)).steps;
    expect(ends.find(({ step }) => step === 'first')).toMatchObject({ status: 'succeeded' });
  });

  it('goes on without the step that is left out, but not with what would have read it', async () => {
    const run = await start('parked');
    await parked(run);
    await run.decide('skipStep', { by: 'ada', reason: 'not needed today' });
    const result = await run.result();
    expect(result).toMatchObject({ verdict: 'succeeded', message: '2 of 3 steps succeeded; left out: first' });
    expect(codes(result)).toEqual({ first: 'SKIPPED', second: 'succeeded', strict: 'succeeded' });

    const reader = await start('reader', '2012-04-01');
    await parked(reader);
    await reader.decide('skipStep', { by: 'ada', reason: 'there are no data' });
    expect((await reader.result()).steps).toMatchObject([{ code: 'SKIPPED' }, { status: 'skipped', code: null }]);
  });

  it('fails with its error when it is aborted, and refuses what it does not understand', async () => {
    const run = await start('parked');
    await parked(run);
    await expect(run.decide('release', who)).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await run.decide('abort', { by: 'ada', reason: 'tomorrow' });
    await expect(run.result()).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
    const [last] = await millrace.lineage.runs({ pipeline: 'parked', limit: 1 });
    expect(last).toMatchObject({ verdict: 'failed', message: 'first: it is broken; aborted by ada: tomorrow' });
  });

  it('is retried in a new run of the same id: what succeeded and is still valid is reused, and on record as such', async () => {
    const first = await start('ended', '2012-03-01');
    await expect(first.result()).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
    broken = false;
    const again = await millrace.client.retryRun({ pipeline: 'ended', partition: '2012-03-01', by: 'ada' });
    const result = await again.result();
    expect(again.workflowId).toBe(first.workflowId);
    expect(codes(result)).toEqual({
      raw: 'REUSED',
      quality: 'REUSED',
      aside: 'REUSED',
      total: 'REUSED',
      tell: 'succeeded',
    });
    expect(counted).toBe(1);
    const record = await millrace.lineage.runRecord(result.runId);
    expect(record.steps.find(({ step }) => step === 'total')).toMatchObject({
      reusedFrom: first.runId,
      output: { dataset: { dataset: 'total' } },
    });
    await expect(millrace.client.retryRun({ pipeline: 'ended', partition: '2012-03-01' })).rejects.toMatchObject({
      ...{ code: 'INPUT_INVALID', problems: [{ path: 'retry' }] },
    });
    // The handle of the first run tells of that one, whatever has its id now.
    expect((await first.progress()).steps.find(({ step }) => step === 'tell')).toMatchObject({ status: 'failed' });
  });

  it('goes on with the last run on record, also where a later start under its id failed before it was a run', async () => {
    const first = await start('ended', '2012-03-03');
    await first.result().catch(() => undefined);
    const { temporal } = millrace.client;
    const raw = (input: unknown) =>
      temporal.workflow.execute('pipelineRun', {
        workflowId: first.workflowId,
        taskQueue: 'orchestration',
        args: [input],
      });
    await expect(raw({ pipeline: 'ended', partition: '2012-03-03' })).rejects.toMatchObject({
      cause: { type: 'PARAMETER_INVALID' },
    });
    const still = await millrace.client.retryRun({ pipeline: 'ended', partition: '2012-03-03' });
    await expect(still.result()).rejects.toMatchObject({ code: 'SOURCE_EMPTY' });
    broken = false;
    const typo = await cli('retry', 'run/ended/2012-03-03', '--from', 'totl');
    expect(typo).toMatchObject({ code: 2, out: '', err: expect.stringContaining('did you mean "total"?') });
    // As from the Temporal UI, where nobody knows the run id.
    const result = (await raw({ pipeline: 'ended', partition: '2012-03-03', retry: {} })) as RunResult;
    expect(codes(result)).toMatchObject({ raw: 'REUSED', total: 'REUSED', tell: 'succeeded' });
    const summary = result.steps.find(({ step }) => step === 'aside')?.summary;
    expect(summary).toBe(`reused from run ${first.runId?.slice(0, 12)}: 1`);
    await expect(
      raw({ pipeline: 'ended', partition: '2012-03-03', retry: { runId: first.runId } }),
    ).rejects.toMatchObject({
      cause: { type: 'INPUT_INVALID', message: expect.stringContaining(result.runId) },
    });
    await expect(raw({ pipeline: 'ended', partition: '2012-03-04', retry: {} })).rejects.toBeDefined();
  });

  it('is done again from the step that is named, with all that depends on it, by the command line', async () => {
    const first = await start('ended', '2012-03-02');
    await first.result().catch(() => undefined);
    broken = false;
    const done = await cli('retry', 'run/ended/2012-03-02', '--from', 'quality', '--wait', '--json');
    expect(done.code).toBe(0);
    expect(codes(JSON.parse(done.out) as RunResult)).toEqual({
      raw: 'REUSED',
      quality: 'succeeded',
      aside: 'REUSED',
      total: 'succeeded',
      tell: 'succeeded',
    });
    const typo = await cli('retry', 'run/ended/2012-03-02', '--from', 'qualty', '--wait');
    expect(typo).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "quality"?') });
    expect(await cli('retry', 'ended')).toMatchObject({ code: 2, err: expect.stringContaining('run/PIPELINE/') });
  });

  it('that is reset in the Temporal UI is on record as a run of its own, whole, and can be gone on with', async () => {
    const first = await start('ended', '2012-03-06');
    await first.result().catch(() => undefined);
    broken = false;
    const { temporal } = millrace.client;
    const { events } = await temporal.workflow.getHandle(first.workflowId).fetchHistory();
    const tasks = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes != null);
    const { runId } = await temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: first.workflowId, runId: first.runId },
      workflowTaskFinishEventId: tasks.at(-3)?.eventId,
      requestId: 'reset-1',
      reason: 'test',
    });
    const again = temporal.workflow.getHandle(first.workflowId);
    expect(await again.result()).toMatchObject({ verdict: 'succeeded', runId });
    const record = await millrace.lineage.runRecord(runId);
    expect(record).toMatchObject({ verdict: 'succeeded', partition: '2012-03-06' });
    expect(record.steps.map(({ step }) => step).sort()).toEqual(['aside', 'quality', 'raw', 'tell', 'total']);
    expect(await millrace.lineage.runs({ pipeline: 'ended', partition: '2012-03-06' })).toMatchObject([
      { runId, verdict: 'succeeded' },
      { runId: first.runId, verdict: 'failed' },
    ]);
    const [total] = await millrace.lineage.resolvePartitions('total', ['2012-03-06']);
    expect(total).toMatchObject({ state: 'available' });
    const done = await millrace.client.retryRun({ pipeline: 'ended', partition: '2012-03-06', from: 'tell' });
    expect(codes(await done.result())).toMatchObject({ total: 'REUSED', tell: 'succeeded' });
  });

  it('that was terminated is not told of as one that runs, and can be gone on with', async () => {
    const run = await start('parked');
    await parked(run);
    await millrace.client.temporal.workflow.getHandle(run.workflowId).terminate('test');
    const owner = ['--lineage-url', millrace.lineageUrl];
    expect(await cli('runs', 'show', run.workflowId, ...owner)).toMatchObject({
      code: 0,
      out: expect.stringMatching(
        /^terminated: it ended in Temporal without an end on record; millrace auditor adds it/,
      ),
    });
    const listed = await cli('runs', 'ls', 'parked', '--limit', '1', '--json', ...owner);
    expect(JSON.parse(listed.out)).toMatchObject({ runs: [{ runId: run.runId, execution: 'TERMINATED' }] });
    broken = false;
    const again = await millrace.client.retryRun({ pipeline: 'parked', partition: 'all' });
    expect(await again.result()).toMatchObject({ verdict: 'succeeded' });
  });

  it('is followed to the step that failed', async () => {
    const failed = await cli('run', 'ended', '--partition', '2012-03-05', '--param', `folder=${folder}`, '--wait');
    expect(failed).toMatchObject({
      code: 2,
      err: expect.stringMatching(/x tell failed .*\[SOURCE_EMPTY\] {2}it is broken/),
    });
  });

  it('that could not begin is told by the command that started it, which need not wait for more', async () => {
    expect(await cli('run', 'endde')).toMatchObject({ code: 2, err: expect.stringContaining('did you mean "ended"?') });
    expect(await cli('run', 'ended', '--partition', '2012-13-01')).toMatchObject({ code: 2, out: '' });
    const backwards = ['--from', '2012-03-02', '--to', '2012-03-01'];
    expect(await cli('backfill', 'ended', ...backwards, '--param', `folder=${folder}`)).toMatchObject({
      code: 2,
      err: expect.stringContaining('  to: the range from "2012-03-02" to "2012-03-01" ends before it begins'),
    });
    expect(await cli('run', 'ended', '--partition', '2012-03-05', '--param', `folder=${folder}`)).toEqual({
      code: 0,
      out: 'run/ended/2012-03-05: started\n',
      err: '',
    });
  });

  it('goes on by the same command where it is parked', async () => {
    const run = await start('parked');
    await parked(run);
    broken = false;
    expect(await cli('retry', 'run/parked/all', '--by', 'ada')).toMatchObject({
      code: 0,
      out: 'run/parked/all: the step that waited goes on\n',
    });
    expect(await run.result()).toMatchObject({ verdict: 'succeeded' });
  });

  it('is decided on by its pipeline alone, of one that is not cut', async () => {
    const run = await start('parked');
    await parked(run);
    expect(await cli('decide', 'skipStep', 'parked', '--by', 'ada', '--reason', 'not needed')).toMatchObject({
      code: 0,
      out: 'run/parked/all: skipStep of first is taken\n',
    });
    expect(await run.result()).toMatchObject({ verdict: 'succeeded' });
  });

  async function cli(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const { PATH, HOME } = process.env;
    const main = join(PROJECT_DIR, 'dist', 'cli', 'main.js');
    const target = ['--address', millrace.temporal.address];
    const child = spawn(process.execPath, [main, ...args, ...target], { cwd: folder, env: { PATH, HOME } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  }
});
