import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline, type Step } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';

/** Longer than an end may wait because its step was short. */
const STEP_MS = 1_200;
const STEPS = 150;

describe('a run of many steps side by side', () => {
  let millrace: MillraceEnvironment;

  beforeAll(async () => {
    const step = { type: 'activity', activity: 'work', role: 'data' } satisfies Step | object;
    millrace = await startMillrace({
      pipelines: [
        definePipeline({
          name: 'wide',
          steps: Object.fromEntries(Array.from({ length: STEPS }, (_, nth) => [`step-${nth}`, step])),
        }),
      ],
      roles: { data: { concurrency: STEPS } },
      activities: { work: () => delay(STEP_MS, null) },
    });
  });
  afterAll(() => millrace.close());

  it('commits their ends together, and every one of them', async () => {
    const result = await (await millrace.client.startRun({ pipeline: 'wide', partition: 'all' })).result();
    expect(result.verdict).toBe('succeeded');
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
