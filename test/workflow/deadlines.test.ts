import { lastCompletePartition } from '../../engine/datasets/index.js';
import { definePipeline, type Alert, type LineageRecord } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

/** Time of day, UTC, so many minutes from now. */
const minute = (from: number) => new Date(Date.now() + from * 60_000).toISOString().slice(11, 16);

describe('deadlines', () => {
  let millrace: MillraceEnvironment;
  let release = (): void => undefined;

  beforeAll(async () => {
    const held = new Promise<null>((resolve) => (release = () => resolve(null)));
    const steps = { work: { type: 'activity', activity: 'work', role: 'orchestration' } } as const;
    millrace = await startMillrace({
      pipelines: [
        // First, as its trouble must not keep anybody from hearing of the others: none of its partitions is complete.
        definePipeline({
          ...{ name: 'future', partitions: { kind: 'daily', start: '2999-01-01' } },
          ...{ deadline: { at: minute(0) }, steps },
        }),
        definePipeline({ ...{ name: 'refilled', partitions: { kind: 'daily' } }, deadline: { at: minute(5) }, steps }),
        definePipeline({ name: 'late', deadline: { at: minute(0) }, steps }),
        definePipeline({
          ...{ name: 'regions', partitions: { kind: 'static', keys: ['north', 'south', 'west'] } },
          ...{ deadline: { at: minute(0) }, steps },
        }),
        definePipeline({ name: 'slow', deadline: { at: minute(5), raisePriority: true }, steps }),
        definePipeline({ name: 'quick', deadline: { at: minute(5) }, steps }),
        definePipeline({
          name: 'source',
          steps: {
            raw: {
              type: 'ingest',
              source: { kind: 'csv', path: 'node_modules/vega-datasets/data/weather.csv' },
              dataset: 'weather',
            },
          },
        }),
      ],
      freshness: { weather: { maxAgeSeconds: 3 } },
      activities: { work: () => held },
    });
  });
  afterAll(async () => {
    release();
    await millrace.close();
  });

  /** Puts a run of yesterday on record whose one step took so long. */
  function ran(pipeline: string, milliseconds: number, partition = 'all'): LineageRecord[] {
    const [began, ended] = [-86_400_000 * 2, -86_400_000 * 2 + milliseconds].map((ms) =>
      new Date(Date.now() + ms).toISOString(),
    );
    const runId = `${pipeline}-${partition}-before`;
    const about = { runId, at: ended } as { runId: string; at: string };
    const none = { inputs: [], inputModels: [] };
    return [
      {
        ...{
          kind: 'run_started',
          key: `${runId}/started`,
          runId,
          workflowId: `run/${pipeline}/${partition}`,
          pipeline,
          partition,
        },
        ...{
          at: began ?? '',
          logicalTime: began ?? '',
          specificationDigest: 'a'.repeat(64),
          specification: {},
          requestedBy: 'test',
          force: null,
        },
      },
      {
        ...about,
        ...none,
        kind: 'step_finished',
        key: `${runId}/work`,
        step: 'work',
        type: 'activity',
        status: 'succeeded',
        startedAt: began ?? '',
        summary: '',
        code: null,
      },
      {
        ...about,
        kind: 'run_finished',
        key: `${runId}/finished`,
        verdict: 'succeeded',
        reason: 'COMPLETED',
        message: '',
      },
    ] satisfies LineageRecord[];
  }

  async function alert(event: Alert['event']): Promise<Alert[]> {
    return until(async () => {
      const { alerts } = await millrace.lineage.alerts.after(0);
      const found = alerts.flatMap((one) => (one.alert.event === event ? [one.alert] : []));
      return found.length > 0 && found;
    });
  }

  it('that have passed are missed, those that will not be kept are told before, and the run gets the highest priority', async () => {
    // The run of `refilled` was in time; a backfill of many partitions came after it.
    const inTime = lastCompletePartition({ kind: 'daily', timezone: 'UTC' }, new Date(Date.now() + 300_000));
    const backfilled = Array.from({ length: 110 }, (_, day) =>
      new Date(Date.UTC(2001, 0, 1 + day)).toISOString().slice(0, 10),
    );
    // In time first, or a look between the two would take its durations and not its end.
    await millrace.lineage.record(ran('refilled', 600_000, inTime));
    await millrace.lineage.record([
      ...backfilled.flatMap((partition) => ran('refilled', 600_000, partition)),
      ...ran('slow', 600_000),
      ...ran('quick', 1000),
    ]);
    const run = await millrace.client.startRun({ pipeline: 'slow', partition: 'all' });
    const missed = await until(async () => {
      const found = await alert('deadline_missed');
      return found.length > 1 && found;
    });
    expect(missed).toMatchObject([
      { pipeline: 'late', severity: 'critical', partition: 'all' },
      { pipeline: 'regions', partition: null, title: '3 partitions of regions missed their deadline' },
    ]);
    const [risk, ...others] = await alert('deadline_at_risk');
    expect(others).toEqual([]);
    expect(risk).toMatchObject({ pipeline: 'slow', message: expect.stringMatching(/expected to end by/) });
    const handle = millrace.client.temporal.workflow.getHandle(run.workflowId);
    await until(async () => (await handle.describe()).priority?.priorityKey === 1);
  });

  it('of datasets are told when their newest version is too old', async () => {
    const run = await millrace.client.startRun({ pipeline: 'source', partition: 'all' });
    expect((await run.result()).verdict).toBe('succeeded');
    expect(await alert('dataset_late')).toMatchObject([{ title: 'weather is older than it may be' }]);
  });
});
