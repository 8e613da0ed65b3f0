import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, type Step } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';

/** Longer than an end may wait because its step was short. */
const STEP_MS = 1_200;
const STEPS = 150;
/** Steps that end at once, more of them than a worker follows side by side. */
const SHORT_STEPS = 400;

describe('a run of many steps side by side', () => {
  let millrace: MillraceEnvironment;
  const sideBySide = { now: 0, most: 0 };

  const many = (name: string, count: number, activity: string) => {
    const step = { type: 'activity', activity, role: 'data' } satisfies Step | object;
    const steps = Object.fromEntries(Array.from({ length: count }, (_, nth) => [`step-${nth}`, step]));
    return definePipeline({ name, steps });
  };
  beforeAll(async () => {
    millrace = await startMillrace({
      pipelines: [many('wide', STEPS, 'work'), many('short', SHORT_STEPS, 'nothing')],
      roles: { data: { concurrency: STEPS } },
      activities: {
        work: async () => {
          sideBySide.now += 1;
          sideBySide.most = Math.max(sideBySide.most, sideBySide.now);
          await delay(STEP_MS);
          sideBySide.now -= 1;
          return null;
        },
        nothing: () => delay(1, null),
      },
    });
  });
  afterAll(() => millrace.close());

  it('lets so many begin that Temporal never has to take a task away from its worker', async () => {
    const result = await (await millrace.client.startRun({ pipeline: 'short', partition: 'all' })).result();
    expect(result.message).toBe(`${SHORT_STEPS} steps succeeded`);
    const { events } = await millrace.client.temporal.workflow.getHandle('run/short/all').fetchHistory();
    const all = events ?? [];
    const firstEnd = all.findIndex((event) => event.activityTaskCompletedEventAttributes);
    const begun = all.slice(0, firstEnd).filter((event) => event.activityTaskScheduledEventAttributes);
    expect(begun.length).toBeLessThan(SHORT_STEPS / 4);
    expect(all.flatMap((event) => event.workflowTaskFailedEventAttributes?.cause ?? [])).toEqual([]);
    expect(all.filter((event) => event.workflowTaskTimedOutEventAttributes)).toEqual([]);
    // One that is left could fire while the run ends, and Temporal refuses an end that comes with something unseen.
    const timers = all.filter((event) => event.timerStartedEventAttributes).length;
    expect(timers).toBeGreaterThan(0);
    expect(all.filter((event) => event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes)).toHaveLength(
      timers,
    );
  });

  it('lets more begin where few end, and commits their ends together', async () => {
    const result = await (await millrace.client.startRun({ pipeline: 'wide', partition: 'all' })).result();
    expect(result.verdict).toBe('succeeded');
    expect(sideBySide.most).toBeGreaterThan(60);
    const { steps } = await millrace.lineage.run(result.runId);
    expect(steps.map(({ step, status }) => `${step} ${status}`).sort()).toEqual(
      Array.from({ length: STEPS }, (_, nth) => `step-${nth} succeeded`).sort(),
    );
    const { events = [] } = await millrace.client.temporal.workflow.getHandle('run/wide/all').fetchHistory();
    // A local activity leaves a marker.
    const commits = events?.filter((event) => event.markerRecordedEventAttributes).length;
    expect(commits).toBeLessThan(STEPS / 5);
  });
});
