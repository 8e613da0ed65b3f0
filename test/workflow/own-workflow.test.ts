import type { RunResult } from '../../schemas/index.js';
import { until } from '../support/until.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';

describe('a workflow of a project’s own', () => {
  let millrace: MillraceEnvironment;

  beforeAll(async () => {
    millrace = await startMillrace({ pipelines: [], workflows: 'test/support/own-workflows.ts' });
  });
  afterAll(() => millrace.close());

  const run = (month: string, atLeast: number): Promise<RunResult> =>
    millrace.client.temporal.workflow.execute('warmestCity', {
      taskQueue: 'orchestration',
      workflowId: `own/${month}`,
      args: [{ month, atLeast }],
    });

  it('chains steps by hand, and its run is on record like any other', async () => {
    const result = await run('2012-02', 50);
    expect(result).toMatchObject({ verdict: 'succeeded', partition: '2012-02', pipeline: 'warmest-city' });
    expect(result.steps.map((step) => [step.step, step.output.dataset?.rows])).toEqual([
      ['raw', 58],
      ['quality', 58],
      ['hottest', 1],
    ]);
    expect(await millrace.lineage.run(result.runId)).toMatchObject({ verdict: 'succeeded', requestedBy: 'own' });
    const [published] = await millrace.lineage.resolvePartitions('own-weather', ['2012-02']);
    expect(published).toMatchObject({ state: 'available' });
  });

  it('is refused by a gate like any other', async () => {
    const result = await run('2012-03', 1000);
    expect(result).toMatchObject({ verdict: 'refused', reason: 'QUALITY_FAILED' });
    expect(result.steps.map((step) => step.step)).toEqual(['raw', 'quality']);
  });

  it('of a type that there is not fails at once, or is left to a worker that may know it', async () => {
    const start = (type: string) =>
      millrace.client.temporal.workflow.start(type, {
        taskQueue: 'orchestration',
        workflowId: `odd/${type}`,
        args: [{}],
      });
    await expect((await start('pipelinerun')).result()).rejects.toMatchObject({
      cause: { type: 'INPUT_INVALID', message: expect.stringContaining('did you mean "pipelineRun"?') },
    });
    await expect((await start('warmest-city')).result()).rejects.toMatchObject({ cause: { type: 'INPUT_INVALID' } });
    const left = await start('coldestCity');
    const refused = await until(async () => {
      const { events } = await left.fetchHistory();
      return events?.find((event) => event.workflowTaskFailedEventAttributes != null);
    });
    expect(refused?.workflowTaskFailedEventAttributes?.failure?.message).toContain('no workflow type "coldestCity"');
    await left.terminate('seen');
  });
});
