import { randomUUID } from 'node:crypto';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { isMillraceError, runResultSchema, type Problem, type RunResult } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { facetNames, specificationProblems } from '../support/openlineage-spec.js';
import { weatherProject } from '../support/weather-project.js';
import { until } from '../support/until.js';

describe('pipelineRun', () => {
  let millrace: MillraceEnvironment;

  beforeAll(async () => {
    millrace = await startMillrace(weatherProject());
  });
  afterAll(() => millrace.close());

  /** As the Temporal UI starts it: one payload, an id that somebody typed. */
  async function start(input: unknown, workflowId = `typed-${randomUUID()}`): Promise<RunResult> {
    const { workflow } = millrace.client.temporal;
    return runResultSchema.parse(
      await workflow.execute('pipelineRun', {
        taskQueue: 'orchestration',
        workflowId,
        args: input === undefined ? [] : [input],
      }),
    );
  }

  async function failureOf(input: unknown): Promise<{ type?: string | null; problems: string[]; message: string }> {
    const error = await start(input).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof WorkflowFailedError) || !(error.cause instanceof ApplicationFailure))
      throw new Error(`not a failure: ${String(error)}`);
    const details = error.cause.details?.[0] as { problems?: Problem[] } | undefined;
    return {
      type: error.cause.type,
      message: error.cause.message,
      problems: (details?.problems ?? []).map(({ path, message }) => `${path}: ${message}`),
    };
  }

  it('runs the steps, publishes what passed, and has a result with the versions in it', async () => {
    const run = await millrace.client.startRun({ pipeline: 'weather', partition: '2012-03', requestedBy: 'test' });
    const result = await run.result();

    expect(result).toMatchObject({
      pipeline: 'weather',
      partition: '2012-03',
      workflowId: 'run/weather/2012-03',
      verdict: 'succeeded',
      reason: 'COMPLETED',
      forced: false,
    });
    expect(result.steps.map((step) => [step.step, step.status])).toEqual([
      ['raw', 'succeeded'],
      ['quality', 'succeeded'],
      ['months', 'succeeded'],
      ['note', 'succeeded'],
    ]);
    const raw = result.steps[0]?.output.dataset;
    expect(raw).toMatchObject({ dataset: 'weather', partition: '2012-03', rows: 62 });
    expect(await millrace.lineage.resolvePartitions('weather', ['2012-03', '2012-04'])).toEqual([
      { partition: '2012-03', state: 'available', ref: raw, taint: null },
      { partition: '2012-04', state: 'missing', ref: null, taint: null },
    ]);
    const onRecord = await millrace.lineage.run(result.runId);
    expect(onRecord).toMatchObject({ verdict: 'succeeded', requestedBy: 'test', pipeline: 'weather' });
    expect(onRecord.steps.map((step) => step.step).sort()).toEqual(['months', 'note', 'quality', 'raw']);
  });

  it('stores the report of a check and links to it: the page is served with what the check found, and its drawings', async () => {
    const result = await start({ pipeline: 'weather', partition: '2012-11' });
    const quality = result.steps.find(({ step }) => step === 'quality');
    const { html, json, link } = quality!.output.report!;
    expect([html, json]).toEqual([expect.stringMatching(/^store:/), expect.stringMatching(/^store:/)]);
    const { dataset } = quality!.output;
    expect(link).toBe(`${millrace.lineageUrl}/datasets/weather/versions/${dataset!.version}/quality`);
    const answer = await fetch(link!);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const page = await answer.text();
    expect(page).toContain('<h1>Quality of <span class="data">weather/2012-11, version');
    expect(page).toContain('<svg ');
    const unknown = await fetch(link!.replace('weather', 'wether'));
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: { code: 'NOT_FOUND' } }]);
  });

  it('keeps the overhead of a run in history events within bounds', async () => {
    await (await millrace.client.startRun({ pipeline: 'weather', partition: '2012-05' })).result();
    const history = await millrace.client.temporal.workflow.getHandle('run/weather/2012-05').fetchHistory();
    // Four steps: an activity and a commit each, and what begins and ends the run.
    expect(history.events?.length).toBeLessThanOrEqual(60);
  });

  it('gives the same version for the same content', async () => {
    const first = await start({ pipeline: 'weather', partition: '2012-06' });
    const second = await start({ pipeline: 'weather', partition: '2012-06' });
    expect(second.runId).not.toBe(first.runId);
    expect(second.steps[2]?.output.dataset).toEqual(first.steps[2]?.output.dataset);
  });

  it('answers from one execution, whoever asks and under whatever id', async () => {
    const request = { pipeline: 'weather', partition: '2012-07' };
    const results = await Promise.all([
      start(request),
      start(request),
      millrace.client.startRun(request).then((run) => run.result()),
      millrace.client.startRun(request).then((run) => run.result()),
    ]);
    expect(results.map((result) => result.workflowId)).toEqual(Array(4).fill('run/weather/2012-07'));
    expect(new Set(results.map((result) => result.runId)).size).toBe(1);
    // Who joins a run is none on record.
    const [{ runId } = { runId: '' }] = results;
    expect(await millrace.lineage.runs(request)).toMatchObject([{ runId, verdict: 'succeeded' }]);
  });

  it('is on record from the moment in which it is resolved, without a commit of its own', async () => {
    const run = await millrace.client.startRun({ pipeline: 'weather', partition: '2013-03' });
    const { runId } = await run.result();
    const { events } = await millrace.client.temporal.workflow.getHandle(run.workflowId).fetchHistory();
    const first = events?.findIndex(({ activityTaskScheduledEventAttributes: begun }) => begun != null) ?? 0;
    expect(events?.slice(0, first).filter((event) => event.markerRecordedEventAttributes != null)).toHaveLength(1);
    const { steps, startedAt } = await millrace.lineage.run(runId);
    expect(steps.filter((step) => step.startedAt !== null && step.startedAt < startedAt)).toEqual([]);
  });

  it('takes the last complete partition of the logical time when none is given', async () => {
    const result = await start({ pipeline: 'weather', logicalTime: '2013-02-10T00:00:00Z' });
    expect(result).toMatchObject({ partition: '2013-01', logicalTime: '2013-02-10T00:00:00Z' });
  });

  it('refuses bad data: what depends on it is skipped, what does not goes on, and nothing is published', async () => {
    const result = await start({ pipeline: 'weather', partition: '2012-08', params: { hottest: 30 } });
    expect(result).toMatchObject({ verdict: 'refused', reason: 'QUALITY_FAILED' });
    expect(result.steps.map((step) => [step.step, step.status])).toEqual([
      ['raw', 'succeeded'],
      ['quality', 'refused'],
      ['months', 'skipped'],
      ['note', 'succeeded'],
    ]);
    expect(result.message).toMatch(/temp_max.*expected.*30.*location/s);
    expect(await millrace.lineage.resolvePartitions('weather', ['2012-08'])).toEqual([
      { partition: '2012-08', state: 'rejected', ref: null, taint: null },
    ]);
  });

  it('fails at once on bad input, with every problem by path', async () => {
    expect(await failureOf(undefined)).toMatchObject({
      type: 'INPUT_INVALID',
      problems: [expect.stringMatching(/^: must be .*an object/)],
    });
    expect(await failureOf([1])).toMatchObject({ type: 'INPUT_INVALID' });
    expect(await failureOf({ pipeline: 3, partition: true, colour: 'red' })).toMatchObject({
      type: 'INPUT_INVALID',
      problems: [
        expect.stringMatching(/^pipeline: /),
        expect.stringMatching(/^partition: /),
        expect.stringMatching(/^colour: is not a known field; there are: pipeline, /),
      ],
    });
    expect(await failureOf({ pipeline: 'wether' })).toMatchObject({
      type: 'PIPELINE_UNKNOWN',
      message: expect.stringContaining('did you mean "weather"?'),
    });
    expect(await failureOf({ pipeline: 'weather', partition: '2012-13' })).toMatchObject({ type: 'PARTITION_INVALID' });
    expect(await failureOf({ pipeline: 'weather', partition: '2020-01' })).toMatchObject({ type: 'PARTITION_INVALID' });
    expect(
      await failureOf({ pipeline: 'weather', partition: '2012-01', params: { hottest: 'very', hotest: 1 } }),
    ).toMatchObject({
      type: 'PARAMETER_INVALID',
      problems: [
        expect.stringMatching(/^params\.hotest: .*did you mean "hottest"/),
        expect.stringMatching(/^params\.hottest: must be a number/),
      ],
    });
  });

  it('fails with the code of what went wrong, and has it on record', async () => {
    const failed = await failureOf({ pipeline: 'weather', partition: '2012-09', params: { path: 'nowhere.csv' } });
    expect(failed.type).toBe('SOURCE_NOT_FOUND');
    const [run] = await millrace.lineage.runs({ pipeline: 'weather', limit: 1 });
    expect(run).toMatchObject({ partition: '2012-09', verdict: 'failed', reason: 'SOURCE_NOT_FOUND' });
    expect((await millrace.lineage.run(run?.runId ?? '')).steps.find((step) => step.step === 'months')?.status).toBe(
      'skipped',
    );
  });

  it('retries an activity of the project three times, and no more', async () => {
    const twice = await start({ pipeline: 'weather', partition: '2012-10', params: { failures: 2 } });
    expect(twice.steps[3]?.output.value).toEqual({ partition: '2012-10', failuresBefore: 2 });
    const often = await failureOf({ pipeline: 'weather', partition: '2012-11', params: { failures: 3 } });
    expect(often).toMatchObject({ type: 'ACTIVITY_FAILED', message: expect.stringContaining('failure 3') });
  });

  it('shows its steps to a query and in the details', async () => {
    const run = await millrace.client.startRun({ pipeline: 'weather', partition: '2012-12' });
    await run.result();
    const progress = await run.progress();
    expect(progress).toMatchObject({ pipeline: 'weather', partition: '2012-12', phase: 'succeeded, COMPLETED' });
    const metadata = await millrace.client.temporal.workflow
      .getHandle(run.workflowId)
      .query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    expect(metadata.currentDetails).toMatch(
      /\| raw \(ingest\) \| ✔ succeeded, [\d.]+ m?s \| 62 rows, version [0-9a-f]{12}/,
    );
  });

  it('finds runs by search attribute', async () => {
    await start({ pipeline: 'weather', partition: '2014-01' });
    const query = `MillracePipeline = 'weather' AND MillracePartition = '2014-01' AND MillraceVerdict = 'succeeded'`;
    const found: string[] = [];
    for (let attempt = 0; attempt < 50 && found.length === 0; attempt++) {
      for await (const execution of millrace.client.temporal.workflow.list({ query })) found.push(execution.workflowId);
      // Visibility follows a moment after the execution.
      if (found.length === 0) await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(found).toContain('run/weather/2014-01');
  });

  it('ends as cancelled at whatever moment it is cancelled, and says so on record', async () => {
    for (let moment = 0; moment < 10; moment += 1) {
      const partition = `2014-${String((moment % 12) + 1).padStart(2, '0')}`;
      const run = await millrace.client.startRun({
        pipeline: 'weather',
        partition,
        params: { hottest: 45 + moment },
        requestedBy: 'test',
      });
      const ended = run.result().then(
        ({ verdict }) => verdict as string,
        (error: unknown) => (isMillraceError(error) ? error.code : String(error)),
      );
      await new Promise((resolve) => setTimeout(resolve, moment * 40));
      await run.cancel();
      // Late in a run there is nothing left to cancel.
      expect(['RUN_CANCELLED', 'succeeded']).toContain(await ended);
      const onRecord = (await millrace.lineage.runs({ limit: 1000 })).find((other) => other.runId === run.runId);
      // Cancelled before it began, it is not on record at all.
      if (onRecord !== undefined) expect(['failed', 'succeeded']).toContain(onRecord.verdict);
    }
  });

  it('refuses to run under the id of another run', async () => {
    const error = await start({ pipeline: 'weather', partition: '2013-02' }, 'run/weather/2013-01').then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      cause: {
        type: 'INPUT_INVALID',
        details: [{ problems: [{ path: 'workflowId', message: 'must be run/weather/2013-02' }] }],
      },
    });
  });

  it('names the problems of partition and parameters at once', async () => {
    const { type, problems } = await failureOf({ pipeline: 'weather', partition: 'March', params: { hotest: 3 } });
    expect(type).toBe('PARTITION_INVALID');
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['partition', 'params.hotest']);
  });

  it('refuses a second payload', async () => {
    const { workflow } = millrace.client.temporal;
    const args = [{ pipeline: 'weather' }, { pipeline: 'weather' }];
    await expect(
      workflow.execute('pipelineRun', { taskQueue: 'orchestration', workflowId: `typed-${randomUUID()}`, args }),
    ).rejects.toMatchObject({ cause: { type: 'INPUT_INVALID' } });
  });

  it('leaves a run that others wait for alone when one of them gives up', async () => {
    const { workflow } = millrace.client.temporal;
    const params = { slow: 1500 };
    const own = await millrace.client.startRun({ pipeline: 'notes', partition: 'all', params, requestedBy: 'test' });
    const joiner = await workflow.start('pipelineRun', {
      taskQueue: 'orchestration',
      workflowId: `typed-${randomUUID()}`,
      args: [{ pipeline: 'notes', params }],
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await joiner.cancel();
    await expect(joiner.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect(await own.result()).toMatchObject({ verdict: 'succeeded' });
  });

  it('ends as cancelled when it was started without a partition, and takes the run with it', async () => {
    const run = await millrace.client.startRun({ pipeline: 'notes', params: { slow: 20_000 }, requestedBy: 'test' });
    const ended = run.result().catch((error: unknown) => (isMillraceError(error) ? error.code : error));
    await until(async () => (await run.progress()).steps[0]?.status === 'running');
    await run.cancel();
    expect(await ended).toBe('RUN_CANCELLED');
    const target = await millrace.client.getRun({ pipeline: 'notes', partition: 'all' });
    await expect(target.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
  });

  it.each([
    ['a step that takes longer than it may', { slow: 20_000, limit: 1 }, 'STEP_TIMEOUT', 'not done after 1 s'],
    ['a result that is not JSON', { result: 'cyclic' }, 'ACTIVITY_FAILED', 'circular'],
    ['a result that is too large', { result: 'large' }, 'ACTIVITY_FAILED', 'return a reference'],
  ])('fails with its code, and the result in its details, on %s', async (_, params, code, message) => {
    const error = await start({ pipeline: 'notes', params }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ cause: { type: code, message: expect.stringContaining(message) as string } });
    const run = millrace.client.temporal.workflow.getHandle('run/notes/all');
    await expect(run.result()).rejects.toMatchObject({
      cause: { type: code, details: [{ result: { verdict: 'failed', reason: code } }] },
    });
  });

  it('has told all of that in events that are as the OpenLineage specification has them', async () => {
    const runs = await millrace.lineage.runs({ limit: 1000 });
    const events = (await Promise.all(runs.map(({ runId }) => millrace.lineage.openLineage(runId)))).flat();
    expect(events.flatMap(specificationProblems)).toEqual([]);
    expect(new Set(events.map(({ eventType }) => eventType))).toEqual(new Set(['START', 'COMPLETE', 'FAIL', 'ABORT']));
    const facets = new Set(events.flatMap(facetNames));
    for (const name of ['sql', 'schema', 'version', 'test', 'dataQualityMetrics', 'errorMessage', 'millrace_outcome']) {
      expect(facets).toContain(name);
    }
  });
});
