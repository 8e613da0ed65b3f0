import { setTimeout as delay } from 'node:timers/promises';
import { definePipeline } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

/** More than all else that a run takes, so that steps wait for a worker. */
const STEP_MS = 150;

/** Keeps steps until it is opened. */
function closedGate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** One worker that does one step at a time, so that the server decides whose step is next. */
describe('where more is asked for than can be done', () => {
  let millrace: MillraceEnvironment;
  /** Pipelines in the order in which their steps began. */
  const began: string[] = [];
  let gate = closedGate();

  const day = (nth: number) => new Date(Date.UTC(2001, 0, 1 + nth)).toISOString().slice(0, 10);
  const range = (first: number, count: number) => ({ from: day(first), to: day(first + count - 1) });
  const at = (pipeline: string, nth: number) =>
    began.flatMap((name, index) => (name === pipeline ? [index] : []))[nth] ?? Infinity;

  beforeAll(async () => {
    const partitions = { kind: 'daily', timezone: 'UTC' } as const;
    const step = { type: 'activity', activity: 'work', role: 'data' } as const;
    millrace = await startMillrace({
      pipelines: ['crowd', 'other', 'night'].map((name) => definePipeline({ name, partitions, steps: { step } })),
      roles: { data: { concurrency: 1 } },
      activities: {
        work: async ({ pipeline }) => {
          began.push(pipeline);
          await gate.opened;
          await delay(pipeline === 'night' ? 3 * STEP_MS : STEP_MS);
          return null;
        },
      },
    });
  });
  afterAll(() => millrace.close());
  beforeEach(() => {
    began.length = 0;
    gate = closedGate();
  });
  afterEach(() => gate.open());

  async function queued(pipeline: string, first: number, count: number) {
    const runs = Array.from({ length: count }, (_, nth) =>
      millrace.client.startRun({ pipeline, partition: day(first + nth) }),
    );
    const started = await Promise.all(runs);
    for (const run of started) {
      await until(async () => (await run.progress().catch(() => null))?.steps[0]?.status === 'running');
    }
    return started;
  }

  it('a run does not wait for two dozen of another pipeline that were asked for before it', async () => {
    const crowd = await queued('crowd', 0, 24);
    const [other] = await queued('other', 0, 1);
    gate.open();
    await other?.result();
    await Promise.all(crowd.map((run) => run.result()));
    expect(began).toHaveLength(25);
    expect(at('other', 0)).toBeLessThan(8);
  });

  it('a backfill does not wait for four of another pipeline', async () => {
    const crowded = await Promise.all(
      [100, 200, 300, 400].map((first) =>
        millrace.client.startBackfill({ pipeline: 'crowd', ...range(first, 8), maxActive: 8 }),
      ),
    );
    const running = async () => (await Promise.all(crowded.map((one) => one.progress()))).map((one) => one.running);
    await until(async () => (await running()).every((count) => count === 8));
    const other = await millrace.client.startBackfill({ pipeline: 'other', ...range(100, 3), maxActive: 3 });
    // It is counted before the server knows of it.
    const last = await until(() =>
      millrace.client.getRun({ pipeline: 'other', partition: day(102) }).catch(() => null),
    );
    await until(async () => (await last.progress().catch(() => null))?.steps[0]?.status === 'running');
    gate.open();
    await Promise.all([other, ...crowded].map((backfill) => backfill.result()));
    expect(began).toHaveLength(35);
    expect(at('other', 2)).toBeLessThan(16);
  });

  it('a backfill goes on while nightly runs keep the queue full, and holds none of them up', async () => {
    const nights = await queued('night', 1000, 40);
    const backfill = await millrace.client.startBackfill({ pipeline: 'other', ...range(200, 8), maxActive: 4 });
    await until(async () => (await backfill.progress()).running === 4);
    gate.open();
    expect((await backfill.result()).verdict).toBe('succeeded');
    await Promise.all(nights.map((run) => run.result()));
    // One after the other, runs of the backfill had their turn among those of the night, the last ones too, and no more than that.
    const before = began.slice(0, at('night', 39)).filter((name) => name === 'other').length;
    expect(before).toBeGreaterThanOrEqual(6);
    expect(at('night', 19)).toBeLessThan(28);
  });
});
