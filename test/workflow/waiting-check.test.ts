import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunHandle } from '../../client/index.js';
import { definePipeline, type StepState } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const BAD = 'date,rain\n2012-03-01,-1\n2012-03-02,2\n2012-03-03,-3\n2012-03-04,0\n2012-03-05,7\n';

const gated = definePipeline({
  name: 'rain',
  partitions: { kind: 'daily', timezone: 'UTC' },
  params: { folder: { type: 'string' }, wait: { type: 'number', default: 600 } },
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
      onFail: 'wait',
      waitSeconds: '{{ params.wait }}' as unknown as number,
      suite: { checks: [{ type: 'between', column: 'rain', min: 0 }] },
    },
    total: {
      type: 'transform',
      inputs: { rain: 'raw' },
      sql: 'SELECT sum(rain) AS rain FROM rain',
      dataset: 'rain-total',
    },
  },
});

describe('a check with onFail: wait', () => {
  let millrace: MillraceEnvironment;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-rain-'));
    await writeFile(join(folder, 'rain.csv'), BAD);
    millrace = await startMillrace({ pipelines: [gated] });
  });
  afterAll(async () => {
    await millrace.close();
    await rm(folder, { recursive: true, force: true });
  });

  const start = (partition: string, wait?: number): Promise<RunHandle> =>
    millrace.client.startRun({
      pipeline: 'rain',
      partition,
      params: { folder, ...(wait === undefined ? {} : { wait }) },
      requestedBy: 'test',
    });

  async function waiting(run: RunHandle): Promise<StepState> {
    return until(async () => {
      const step = (await run.progress()).steps.find((state) => state.step === 'quality');
      return step?.status === 'waiting' && step;
    });
  }

  it('parks with the report on record, is found by search attribute, and goes on when it is released', async () => {
    const run = await start('2012-03-01');
    const step = await waiting(run);
    expect(step.summary).toMatch(/^waits for release, reject, recheck: 0 of 1 checks passed on 1 rows/);
    const report = await millrace.lineage.runQuality(run.runId ?? '');
    expect(report.map(({ report: { verdict } }) => verdict)).toEqual(['fail']);
    const { workflow } = millrace.client.temporal;
    const query = "MillraceVerdict = 'waiting' AND MillracePipeline = 'rain'";
    // Visibility is written behind.
    await until(async () => (await workflow.count(query)).count > 0);

    await run.decide('release', { by: 'ada', reason: 'a sensor that is known' });
    const result = await run.result();
    expect(result).toMatchObject({ verdict: 'succeeded' });
    expect(result.steps[1]).toMatchObject({ status: 'succeeded', code: 'RELEASED' });
    expect(result.steps[1]?.summary).toContain('released by ada: a sensor that is known');
    expect(result.steps[2]).toMatchObject({ status: 'succeeded' });
    const [version] = (await millrace.lineage.datasetVersions('rain', { partition: '2012-03-01' })).slice(0, 1);
    expect(version?.ref.version).toBe(result.steps[0]?.output.dataset?.version);
  });

  it('ends as refused when it is rejected, with who and why', async () => {
    const run = await start('2012-03-03');
    await waiting(run);
    await run.decide('reject', { by: 'ada', reason: 'broken sensor', step: 'quality' });
    expect(await run.result()).toMatchObject({
      verdict: 'refused',
      reason: 'QUALITY_REJECTED',
      message: expect.stringContaining('rejected by ada: broken sensor') as string,
    });
  });

  it('makes repaired data anew and judges them again', async () => {
    const own = await mkdtemp(join(tmpdir(), 'millrace-rain-'));
    await writeFile(join(own, 'rain.csv'), BAD);
    const run = await millrace.client.startRun({
      pipeline: 'rain',
      partition: '2012-03-01',
      params: { folder: own },
      requestedBy: 'test',
    });
    const before = (await waiting(run)).output.dataset?.version;
    // Not repaired yet: it waits again.
    await run.decide('recheck', { by: 'ada', reason: 'repaired, I think' });
    await waiting(run);
    await writeFile(join(own, 'rain.csv'), BAD.replace('-1', '1'));
    await run.decide('recheck', { by: 'ada', reason: 'repaired' });
    const result = await run.result();
    expect(result).toMatchObject({ verdict: 'succeeded' });
    expect(result.steps[1]).toMatchObject({ status: 'succeeded', code: null });
    const after = result.steps[0]?.output.dataset?.version;
    expect(after).not.toBe(before);
    expect(result.steps[1]?.output.dataset?.version).toBe(after);
    const [total] = result.steps.slice(2);
    expect(total?.output.dataset?.rows).toBe(1);
    await rm(own, { recursive: true, force: true });
  });

  it('refuses decisions that nothing waits for, and those without who or why', async () => {
    const run = await start('2012-03-03');
    await waiting(run);
    const refused = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) as string });
    await expect(run.decide('release', { by: '', reason: 'because' })).rejects.toMatchObject(
      refused('INPUT_INVALID', /by/),
    );
    await expect(run.decide('release', { by: 'ada', reason: 'because', step: 'total' })).rejects.toMatchObject(
      refused('INPUT_INVALID', /step total does not wait for a decision; these do: quality/),
    );
    // As the UI sends it, past the client’s own validation.
    const raw = millrace.client.temporal.workflow.getHandle(run.workflowId).executeUpdate('release', { args: ['yes'] });
    await expect(raw).rejects.toMatchObject({ cause: { type: 'INPUT_INVALID' } });
    await run.decide('reject', { by: 'ada', reason: 'broken sensor' });
    await run.result();
  });

  it('refuses by itself when nobody decides in time', async () => {
    const run = await start('2012-03-03', 1);
    expect(await run.result()).toMatchObject({
      verdict: 'refused',
      reason: 'QUALITY_FAILED',
      message: expect.stringContaining('nobody decided in time') as string,
    });
  });

  it('does not wait when the data are good', async () => {
    const run = await start('2012-03-02');
    expect(await run.result()).toMatchObject({ verdict: 'succeeded', reason: 'COMPLETED' });
  });
});
