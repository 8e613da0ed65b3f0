import type { RunHandle } from '../../client/index.js';
import { definePipeline } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const release = definePipeline({
  name: 'release',
  params: { wait: { type: 'number', default: 600 }, onTimeout: { type: 'string', default: 'reject' } },
  steps: {
    board: {
      type: 'approve',
      message: 'Ship the model of March?',
      allowed: ['ada', 'grace'],
      fields: { ticket: { type: 'string' }, share: { type: 'number', required: false } },
      waitSeconds: '{{ params.wait }}' as unknown as number,
      onTimeout: '{{ params.onTimeout }}' as 'reject',
    },
    ship: { type: 'activity', activity: 'ship', needs: ['board'] },
  },
});

describe('the step approve', () => {
  let millrace: MillraceEnvironment;

  beforeAll(async () => {
    millrace = await startMillrace({
      pipelines: [release],
      activities: { ship: () => Promise.resolve('shipped') },
    });
  });
  afterAll(() => millrace.close());

  const start = (params = {}): Promise<RunHandle> =>
    millrace.client.startRun({ pipeline: 'release', partition: 'all', params, requestedBy: 'test' });

  async function waiting(run: RunHandle): Promise<void> {
    await until(async () => (await run.progress()).steps[0]?.status === 'waiting');
  }

  it('goes on when somebody who may approves, with the values that it asks for', async () => {
    const run = await start();
    await waiting(run);
    const by = 'ada';
    const reason = 'looks good';
    await expect(run.decide('approve', { by: 'eve', reason })).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      problems: [
        { path: 'by', message: 'may not decide; these may: ada, grace' },
        { path: 'values.ticket', message: 'is required, a string' },
      ],
    });
    await expect(run.decide('approve', { by, reason, values: { ticket: 7, note: 'x' } })).rejects.toMatchObject({
      problems: [
        { path: 'values.note', message: 'is not asked for' },
        { path: 'values.ticket', message: 'must be a string' },
      ],
    });
    await expect(run.decide('release', { by, reason })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    await run.decide('approve', { by, reason, values: { ticket: 'OPS-7' } });
    const result = await run.result();
    expect(result).toMatchObject({ verdict: 'succeeded' });
    expect(result.steps[0]).toMatchObject({
      code: 'APPROVED',
      summary: 'Ship the model of March?: approved by ada: looks good',
      output: { value: { approved: true, by, values: { ticket: 'OPS-7' } } },
    });
    expect(result.steps[1]?.output.value).toBe('shipped');
    const { entries } = await millrace.lineage.audit({ actor: 'ada' });
    expect(entries).toMatchObject([
      { action: 'approve', target: 'run/release/all: step board', reason, runId: result.runId },
    ]);
  });

  it('is refused when somebody rejects, and what needs it is skipped', async () => {
    const run = await start();
    await waiting(run);
    await run.decide('reject', { by: 'grace', reason: 'not before Easter' });
    expect(await run.result()).toMatchObject({
      verdict: 'refused',
      reason: 'NOT_APPROVED',
      steps: [{ status: 'refused' }, { status: 'skipped' }],
    });
  });

  it.each([
    ['reject', 'refused'],
    ['approve', 'succeeded'],
  ])('takes silence as its default, %s', async (onTimeout, verdict) => {
    const run = await start({ wait: 1, onTimeout });
    const result = await run.result();
    expect(result.verdict).toBe(verdict);
    expect(result.steps[0]?.summary).toContain(`nobody decided within 1 s, which means ${onTimeout}`);
  });
});
