import type { RunHandle } from '../../client/index.js';
import { definePipeline } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const release = definePipeline({
  name: 'release',
  steps: {
    board: {
      type: 'approve',
      message: 'Ship the model of March?',
      allowed: ['ada', 'grace'],
      fields: { ticket: { type: 'string' }, share: { type: 'number', required: false } },
      waitSeconds: 600,
    },
    ship: { type: 'activity', activity: 'ship', needs: ['board'] },
  },
});

/** Every type of field, and groups. */
const audit = definePipeline({
  name: 'sign-off',
  params: { onTimeout: { type: 'string', default: 'reject' } },
  steps: {
    board: {
      type: 'approve',
      message: 'Ship it?',
      allowed: ['group:ml-leads', 'alan'],
      fields: {
        target: { type: 'enum', values: ['blue', 'green'] },
        share: { type: 'number', min: 1, max: 50, integer: true, default: 5 },
        ticket: { type: 'string', minLength: 3, maxLength: 8, required: false },
        loud: { type: 'boolean', default: false },
      },
      waitSeconds: 600,
      onTimeout: '{{ params.onTimeout }}' as 'reject',
    },
  },
});

/** Nothing that somebody has to say, so that silence can approve. */
const quiet = definePipeline({
  name: 'quiet',
  params: { onTimeout: { type: 'string' } },
  steps: {
    board: {
      type: 'approve',
      message: 'Ship it?',
      allowed: ['alan'],
      fields: {
        share: { type: 'number', default: 5 },
        ticket: { type: 'string', required: false },
        loud: { type: 'boolean', default: false },
      },
      waitSeconds: 1,
      onTimeout: '{{ params.onTimeout }}' as 'reject',
    },
  },
});

describe('the step approve', () => {
  let millrace: MillraceEnvironment;

  beforeAll(async () => {
    millrace = await startMillrace({
      pipelines: [release, audit, quiet],
      groups: { 'ml-leads': ['ada', 'grace'], everybody: ['eve'] },
      activities: { ship: () => Promise.resolve('shipped') },
    });
  });
  afterAll(() => millrace.close());

  const start = (): Promise<RunHandle> =>
    millrace.client.startRun({ pipeline: 'release', partition: 'all', requestedBy: 'test' });

  const silent = (onTimeout: string): Promise<RunHandle> =>
    millrace.client.startRun({ pipeline: 'quiet', partition: 'all', params: { onTimeout }, requestedBy: 'test' });

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
      {
        action: 'approve',
        target: 'run/release/all: step board',
        reason: `${reason}; {"ticket":"OPS-7"}`,
        runId: result.runId,
      },
    ]);
  });

  it('lets in the people of its groups, and nobody by the name of a group; wrong values are refused before they are in the history', async () => {
    const run = await millrace.client.startRun({ pipeline: 'sign-off', partition: 'all' });
    await waiting(run);
    const decision = { by: 'grace', reason: 'as agreed' };
    const refused = (more: object) =>
      run.decide('approve', { ...decision, ...more }).then(
        () => 'taken',
        (error: { problems?: { path: string; message: string }[] }) =>
          error.problems?.map(({ path, message }) => `${path} ${message}`).join('; '),
      );
    const values = { target: 'blue' };
    expect(await refused({ by: 'group:ml-leads', values })).toBe('by may not decide; these may: group:ml-leads, alan');
    expect(await refused({ by: 'Grace', values })).toBe('by may not decide; these may: group:ml-leads, alan');
    expect(await refused({ by: 'eve', values })).toBe('by may not decide; these may: group:ml-leads, alan');
    expect(await refused({})).toBe('values.target is required, one of blue, green');
    expect(await refused({ values: { target: 'red', share: 51, ticket: 'ab', loud: 'yes' } })).toBe(
      'values.target must be one of blue, green; values.share must be a whole number from 1 to 50; values.ticket must have 3 to 8 characters; values.loud must be a boolean',
    );
    expect(await refused({ values: { target: 'blue', share: 2.5 } })).toBe(
      'values.share must be a whole number from 1 to 50',
    );
    const { workflow } = millrace.client.temporal;
    const raw = [undefined, null, [], [decision], 'yes', 7, { ...decision, why: 'x' }, { ...decision, by: 7 }];
    for (const input of raw) {
      await expect(
        workflow.getHandle(run.workflowId).executeUpdate('approve', { args: [input] }),
      ).rejects.toMatchObject({
        cause: { type: 'INPUT_INVALID' },
      });
    }
    expect(await refused({ values })).toBe('taken');
    const result = await run.result();
    expect(result.steps[0]?.output.value).toMatchObject({
      by: 'grace',
      values: { target: 'blue', share: 5, loud: false },
    });
    const { events } = await workflow.getHandle(run.workflowId).fetchHistory();
    const updates = events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes).length;
    expect(updates).toBe(1);
    const { entries } = await millrace.lineage.audit({ actor: 'grace' });
    expect(entries[0]).toMatchObject({ action: 'approve', reason: 'as agreed; {"target":"blue"}' });
  });

  it('puts silence on the audit record, and takes the defaults of its fields then', async () => {
    const run = await silent('approve');
    const { verdict, steps, runId } = await run.result();
    expect(verdict).toBe('succeeded');
    expect(steps[0]?.output.value).toMatchObject({ approved: true, by: null, values: { share: 5, loud: false } });
    const { entries } = await millrace.lineage.audit({ actor: 'nobody' });
    expect(entries[0]).toMatchObject({
      runId,
      action: 'timeout',
      target: 'run/quiet/all: step board',
      reason: 'within 1 s',
    });
  });

  it('does not begin where silence would approve without a value that somebody has to say', async () => {
    const params = { onTimeout: 'approve' };
    const run = await millrace.client.startRun({ pipeline: 'sign-off', partition: 'all', params });
    await expect(run.result()).rejects.toMatchObject({
      code: 'PIPELINE_INVALID',
      message: expect.stringContaining('steps.board.fields.target.default must be given') as string,
    });
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
    const run = await silent(onTimeout);
    const result = await run.result();
    expect(result.verdict).toBe(verdict);
    expect(result.steps[0]?.summary).toContain(`nobody decided within 1 s, which means ${onTimeout}`);
  });
});
