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
      aside: { type: 'activity', activity: 'count' },
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
    await writeFile(join(folder, 'rain.csv'), 'date,rain\n2012-03-01,1\n2012-03-02,2\n2012-03-03,3\n');
    millrace = await startMillrace({
      pipelines,
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
    await expect(
      millrace.client.retryRun({ pipeline: 'ended', partition: '2012-03-01' }).then((run) => run.result()),
    ).rejects.toMatchObject({ code: 'INPUT_INVALID', problems: [{ path: 'retry' }] });
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
