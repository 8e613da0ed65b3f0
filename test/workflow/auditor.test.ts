import { setTimeout as delay } from 'node:timers/promises';
import { AUDITOR_WORKFLOW_ID, auditorResultSchema, type AuditorResult, type Gap } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { noteActivity, weather } from '../support/weather-project.js';
import { until } from '../support/until.js';

const AT = '2026-01-01T00:00:00.000Z';
const at = { at: AT };

describe('the auditor', () => {
  let millrace: MillraceEnvironment;
  beforeAll(async () => {
    millrace = await startMillrace({ pipelines: [weather], activities: { note: noteActivity() } });
  });
  afterAll(() => millrace.close());

  const handleOf = (workflowId: string) => millrace.client.temporal.workflow.getHandle(workflowId);

  async function audit(more: object = {}): Promise<AuditorResult> {
    const result = await millrace.client.temporal.workflow.execute('auditor', {
      ...{ workflowId: AUDITOR_WORKFLOW_ID, taskQueue: 'orchestration' },
      args: [{ graceSeconds: 0, lostAfterSeconds: 0, requestedBy: 'test', ...more }],
    });
    return auditorResultSchema.parse(result);
  }
  const inShort = ({ gaps }: AuditorResult) =>
    gaps.map(({ kind, subject, state }) => [kind, subject, state].join(' ')).sort();
  const records = async () => (await millrace.lineage.health()).records;

  /** Visibility lags behind what it is about. */
  async function untilListed(query: string, count: number): Promise<void> {
    await until(async () => (await millrace.client.temporal.workflow.count(query)).count >= count);
  }

  async function untilWaits(workflowId: string): Promise<void> {
    await until(async () => {
      const { steps } = await handleOf(workflowId).query<{ steps: { step: string; status: string }[] }>('progress');
      return steps.some(({ step, status }) => step === 'note' && status === 'running');
    });
  }

  it('finds nothing where everything came to its own end', async () => {
    const run = await millrace.client.startRun({ pipeline: 'weather', partition: '2012-01' });
    expect((await run.result()).verdict).toBe('succeeded');
    await untilListed("ExecutionStatus = 'Completed'", 1);
    const result = await audit();
    expect(result).toMatchObject({ verdict: 'clean', found: 0, since: null, checked: { versions: 2 } });
    expect(result.checked.ended).toBeGreaterThanOrEqual(1);
  });

  it('ends on record what was terminated, began elsewhere, was lost or is left alone, once; a dry run only says so', async () => {
    // A run that is terminated in the middle, and one that never began.
    await millrace.client.startRun({ pipeline: 'weather', partition: '2012-02', params: { waits: true } });
    await untilWaits('run/weather/2012-02');
    const { runId } = await handleOf('run/weather/2012-02').describe();
    await handleOf('run/weather/2012-02').terminate('the disk was full');
    const unknown = await millrace.client.startRun({ pipeline: 'climate', partition: '2012-02', requestedBy: 'ann' });
    await expect(unknown.result()).rejects.toMatchObject({ code: 'PIPELINE_UNKNOWN' });
    const named = { taskQueue: 'orchestration', workflowId: 'run/No Name/2012-02' };
    await expect(
      millrace.client.temporal.workflow.execute('pipelineRun', { ...named, args: [{ pipeline: 'No Name' }] }),
    ).rejects.toMatchObject({ cause: { type: 'INPUT_INVALID' } });
    // A retry that is refused, which leaves what it was to go on with as it is.
    await expect(
      millrace.client.temporal.workflow.execute('pipelineRun', {
        ...{ taskQueue: 'orchestration', workflowId: 'run/weather/2012-05' },
        args: [{ pipeline: 'weather', partition: '2012-05', retry: { from: 'nope' } }],
      }),
    ).rejects.toMatchObject({ cause: { type: 'NOT_FOUND' } });
    // A backfill that is terminated.
    const range = { pipeline: 'weather', from: '2012-03', to: '2012-03' };
    await millrace.client.startBackfill({ ...range, params: { waits: true } });
    await until(() =>
      handleOf('run/weather/2012-03')
        .describe()
        .catch(() => undefined),
    );
    await untilWaits('run/weather/2012-03');
    await handleOf('backfill/weather/2012-03..2012-03').terminate();
    await handleOf('run/weather/2012-03').terminate();
    // A run that Temporal does not know, a version of no run, and a canary that nobody judges.
    const started = {
      ...at,
      workflowId: 'run/weather/2012-04',
      pipeline: 'weather',
      partition: '2012-04',
      logicalTime: AT,
    };
    const digest = 'a'.repeat(64);
    const [stable, canary] = ['b', 'c'].map((letter, index) => ({
      ...{ model: 'rain', digest: letter.repeat(64), version: index + 1, uri: 'none', bytes: 1 },
    }));
    const own = { ...at, runId: 'gone', step: 'work' };
    const version = 'd'.repeat(32);
    const ref = {
      dataset: 'orphan',
      partition: 'all',
      version,
      uri: 'none',
      rows: 1,
      bytes: 1,
      schemaFingerprint: digest,
    };
    const traffic = {
      ...at,
      kind: 'endpoint_changed' as const,
      endpoint: 'rain',
      actor: 'test',
      reason: 'set up',
      runId: 'gone',
    };
    if (stable === undefined || canary === undefined) throw new Error('unreachable');
    const bare = ({ model, digest: of, uri, bytes }: typeof stable) => ({ model, digest: of, uri, bytes });
    await millrace.lineage.record([
      {
        ...{ kind: 'run_started', key: 'gone/started', runId: 'lost', requestedBy: 'test', force: null, ...started },
        ...{ specificationDigest: digest, specification: {} },
      },
      { kind: 'dataset_version', key: 'gone/version', ...own, ref, columns: [] },
      { kind: 'model_registered', key: 'gone/1', ...own, ref: bare(stable) },
      { kind: 'model_registered', key: 'gone/2', ...own, ref: bare(canary) },
      { ...traffic, key: 'gone/3', expectedGeneration: 0, stable, canary: null, canaryWeight: 0 },
      { ...traffic, key: 'gone/4', expectedGeneration: 1, stable, canary, canaryWeight: 25 },
    ]);
    await untilListed("ExecutionStatus IN ('Terminated', 'Failed')", 6);

    // An open run holds up retention.
    const held = await millrace.lineage.retentionFacts('weather');
    expect(held.versions.flatMap(({ needs }) => needs.map(({ need }) => need))).toContain('run');

    const all: [Gap['kind'], string][] = [
      ['abandoned_canary', 'endpoint:rain'],
      ['end_missing', 'run/weather/2012-02'],
      ['end_missing', 'run/weather/2012-03'],
      ['lost', 'run/weather/2012-04'],
      ['not_on_record', 'backfill/weather/2012-03..2012-03'],
      ['not_on_record', 'run/climate/2012-02'],
    ];
    const orphan = `version_without_run dataset:orphan/all@${version} open`;
    const nameless = 'not_on_record run/No Name/2012-02';
    const before = await records();
    const looked = await audit({ dryRun: true });
    expect(looked.verdict).toBe('gaps');
    expect(inShort(looked)).toEqual(
      [...all.map((gap) => `${gap.join(' ')} repairable`), `${nameless} repairable`, orphan].sort(),
    );
    expect(await records()).toBe(before);

    const mended = await audit();
    expect(inShort(mended)).toEqual(
      [...all.map((gap) => `${gap.join(' ')} repaired`), `${nameless} open`, orphan].sort(),
    );
    expect(mended).toMatchObject({ verdict: 'gaps', found: 8, repaired: 6, open: 2 });
    expect(await millrace.lineage.run(runId)).toMatchObject({ verdict: 'failed', reason: 'TERMINATED' });
    const { message, finishedAt } = await millrace.lineage.run(runId);
    expect(message).toMatch(/^terminated by .+: the disk was full; written by the auditor/);
    expect(finishedAt).toBe((await handleOf('run/weather/2012-02').describe()).closeTime?.toISOString());
    expect(await millrace.lineage.run('lost')).toMatchObject({ verdict: 'failed', reason: 'LOST', finishedAt: AT });
    const [climate] = await millrace.lineage.runs({ pipeline: 'climate' });
    expect(climate).toMatchObject({ requestedBy: 'ann', verdict: 'failed', reason: 'PIPELINE_UNKNOWN' });
    expect(await millrace.lineage.endpoint('rain')).toMatchObject({ canary: null, stable: { version: 1 } });
    // What a run was to do is not guessed: nothing is stale for it.
    const stale = await millrace.lineage.stale({ dataset: 'weather' });
    expect(stale.counts.specification_changed).toBe(0);

    const { entries } = await millrace.lineage.audit({ actor: 'auditor', limit: 100 });
    expect(entries.map(({ action, target }) => `${action} ${target}`)).toEqual(
      expect.arrayContaining([
        'repair run/weather/2012-02',
        'repair run/weather/2012-04',
        'repair run/climate/2012-02',
        'backfill_terminated backfill/weather/2012-03..2012-03',
        'traffic endpoint:rain: stable v1',
      ]),
    );
    expect(await millrace.lineage.verifyAudit()).toMatchObject({ ok: true });
    const free = await millrace.lineage.retentionFacts('weather');
    expect(free.versions.flatMap(({ needs }) => needs)).toEqual([]);

    const after = await records();
    const { alerts } = await millrace.lineage.alerts.after(0);
    const told = alerts.filter(({ alert }) => alert.event === 'record_gap').map(({ alert }) => alert.title);
    expect(told.sort()).toEqual([
      `dataset:orphan/all@${version}: version_without_run`,
      'run/No Name/2012-02: not_on_record',
    ]);
    expect(inShort(await audit())).toEqual([`${nameless} open`, orphan]);
    expect(await records()).toBe(after);
  });

  it('is started by a schedule, each round from where the last began', async () => {
    const schedule = millrace.client.temporal.schedule.getHandle(AUDITOR_WORKFLOW_ID);
    const { spec } = await schedule.describe();
    expect(spec.intervals).toMatchObject([{ every: 3_600_000 }]);
    const ids: string[] = [];
    const results: AuditorResult[] = [];
    const unseen = async () =>
      (await schedule.describe()).info.recentActions.find(({ action }) => !ids.includes(action.workflow.workflowId));
    while (ids.length < 2) {
      await schedule.trigger();
      const started = await until(unseen);
      const fresh = started.action.workflow.workflowId;
      ids.push(fresh);
      results.push(auditorResultSchema.parse(await handleOf(fresh).result()));
      await untilListed("TemporalScheduledById = 'auditor' AND ExecutionStatus = 'Completed'", ids.length);
      await delay(1000); // the next second has another id
    }
    const [first, second] = results;
    expect(first).toMatchObject({ since: null });
    expect(Date.parse(first?.until ?? '') - Date.parse(second?.since ?? '')).toBe(600_000);
  });

  it('refuses what it cannot read, with the path', async () => {
    const refused = millrace.client.temporal.workflow.execute('auditor', {
      ...{ workflowId: AUDITOR_WORKFLOW_ID, taskQueue: 'orchestration', args: [{ since: 'yesterday' }] },
    });
    await expect(refused).rejects.toMatchObject({
      cause: { type: 'INPUT_INVALID', details: [{ problems: [{ path: 'since' }] }] },
    });
  });
});
