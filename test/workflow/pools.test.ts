import type { RunHandle } from '../../client/index.js';
import { definePipeline, type PoolStatus } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { until } from '../support/until.js';

const keys = ['a', 'b', 'c', 'd', 'e', 'f'];
const using = (name: string) =>
  definePipeline({
    name,
    partitions: { kind: 'static', keys },
    steps: { load: { type: 'activity', activity: 'load', role: 'orchestration', pool: 'warehouse' } },
  });

const program = definePipeline({
  name: 'program',
  partitions: { kind: 'static', keys },
  steps: {
    wait: { type: 'command', command: ['node', '-e', 'setTimeout(() => {}, 60_000)'], pool: 'warehouse' },
  },
});

describe('a pool', () => {
  let millrace: MillraceEnvironment;
  const working = new Map<string, () => void>();
  const order: string[] = [];
  let most = 0;

  beforeAll(async () => {
    millrace = await startMillrace({
      pipelines: [using('bulk'), using('nightly'), program],
      pools: { warehouse: 2 },
      activities: {
        load: async ({ pipeline, partition, signal }) => {
          const key = `${pipeline} ${partition}`;
          order.push(key);
          let end: (() => void) | undefined;
          await new Promise<void>((resolve) => {
            working.set(key, (end = resolve));
            most = Math.max(most, working.size);
            signal.addEventListener('abort', () => resolve());
          });
          // Of a run that was reset, the next may work already.
          if (working.get(key) === end) working.delete(key);
          return null;
        },
      },
    });
  });
  afterAll(async () => {
    for (const end of working.values()) end();
    await millrace.close();
  });

  const start = (pipeline: string, partition: string) => millrace.client.startRun({ pipeline, partition });

  async function waiting(count: number): Promise<PoolStatus> {
    return until(async () => {
      const pool = (await millrace.client.pools())[0];
      return pool?.waiting.length === count && pool;
    });
  }

  it('lets as many work as it has places, pipelines in turn, and takes back the place of a run that was terminated', async () => {
    const runs: RunHandle[] = [];
    for (const key of keys.slice(0, 4)) {
      runs.push(await start('bulk', key));
      // They ask in this order.
      await until(async () => {
        const progress = await runs.at(-1)?.progress();
        return working.has(`bulk ${key}`) || progress?.steps[0]?.summary === 'waits for the pool warehouse';
      });
    }
    runs.push(await start('nightly', 'a'));
    const pool = await waiting(3);
    expect(pool).toMatchObject({ pool: 'warehouse', limit: 2 });
    expect(pool.holders.map(({ workflowId }) => workflowId)).toEqual(['run/bulk/a', 'run/bulk/b']);
    working.get('bulk a')?.();
    await until(() => working.has('nightly a'));
    working.get('bulk b')?.();
    await until(() => working.has('bulk c'));
    // The worker is still busy with it, but nobody waits for what it does.
    const terminated = millrace.client.temporal.workflow.getHandle('run/bulk/c');
    await terminated.terminate('it has to go');
    working.get('bulk c')?.();
    await until(() => working.has('bulk d'));
    for (const end of [...working.values()]) end();
    await Promise.all(runs.map((run) => run.result().catch(() => undefined)));
    expect(order).toEqual(['bulk a', 'bulk b', 'nightly a', 'bulk c', 'bulk d']);
    expect(most).toBe(2);
    // Nobody has a place any more, so the pool has ended.
    await millrace.client.temporal.workflow.getHandle('pool/warehouse').result();
  });

  it('leaves a place with a step whose run was reset, and has the places that the configuration says', async () => {
    order.length = 0;
    const { pools } = millrace.config;
    pools['warehouse'] = 1;
    const runs = [await start('bulk', 'a')];
    await until(() => working.has('bulk a'));
    runs.push(await start('nightly', 'a'));
    await waiting(1);
    const { temporal } = millrace.client;
    const { events } = await temporal.workflow.getHandle('run/bulk/a').fetchHistory();
    const last = events?.filter((event) => event.workflowTaskCompletedEventAttributes).at(-1)?.eventId;
    const reset = await temporal.workflowService.resetWorkflowExecution({
      namespace: millrace.client.namespace,
      workflowExecution: { workflowId: 'run/bulk/a', runId: runs[0]?.runId },
      requestId: 'reset',
      workflowTaskFinishEventId: last,
      reason: 'again',
    });
    const pool = await until(async () => {
      const [now] = await millrace.client.pools();
      return now?.holders[0]?.runId === reset.runId && now;
    });
    expect(pool).toMatchObject({
      limit: 1,
      holders: [{ workflowId: 'run/bulk/a' }],
      waiting: [{ pipeline: 'nightly' }],
    });
    expect(order).not.toContain('nightly a');
    pools['warehouse'] = 2;
    await until(() => working.has('nightly a'));
    await until(async () => {
      for (const end of [...working.values()]) end();
      const open = await Promise.all(runs.map((run) => temporal.workflow.getHandle(run.workflowId).describe()));
      return open.every(({ status }) => status.name === 'COMPLETED');
    });
    await temporal.workflow.getHandle('pool/warehouse').result();
  });

  it('keeps who asks anew while it looks at the execution that was before', async () => {
    const { pools } = millrace.config;
    pools['warehouse'] = 1;
    const { temporal } = millrace.client;
    // So many that a look at them takes a while: none of them is there any more, as an execution that was reset.
    const ask = (nth: number, runId: string) => ({
      ...{ ticket: `${nth}`, workflowId: 'run/bulk/a', runId, pipeline: 'bulk', step: 'load', limit: 1 },
    });
    const holder = await start('nightly', 'b');
    await until(() => working.has('nightly b'));
    const pool = temporal.workflow.getHandle('pool/warehouse');
    for (let nth = 0; nth < 400; nth += 1) await pool.signal('ask', ask(nth, crypto.randomUUID()));
    await until(
      async () => {
        const { raw } = await pool.describe();
        return raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'lookAtPool');
      },
      { everyMs: 5 },
    );
    await pool.signal('ask', ask(0, holder.runId ?? ''));
    const left = await waiting(1);
    expect(left.waiting).toMatchObject([{ ticket: '0', runId: holder.runId }]);
    working.get('nightly b')?.();
    await holder.result();
    await until(async () => (await pool.describe()).status.name === 'COMPLETED');
    pools['warehouse'] = 2;
  });

  it('forgets who was cancelled while waiting', async () => {
    order.length = 0;
    const first = await start('bulk', 'e');
    const second = await start('nightly', 'e');
    await until(() => working.size === 2);
    const third = await start('bulk', 'f');
    await waiting(1);
    await third.cancel();
    await expect(third.result()).rejects.toMatchObject({ code: 'RUN_CANCELLED' });
    await waiting(0);
    for (const end of [...working.values()]) end();
    expect((await first.result()).verdict).toBe('succeeded');
    expect((await second.result()).verdict).toBe('succeeded');
    expect(order).toHaveLength(2);
  });

  it('holds for programs as for any other work', async () => {
    const runs = await Promise.all(['a', 'b', 'c'].map((key) => start('program', key)));
    // Who asks waits for a moment even where there is a place.
    const pool = await until(async () => {
      const status = await waiting(1);
      return status.holders.length > 1 && status;
    });
    expect(pool.holders).toHaveLength(2);
    await Promise.all(runs.map((run) => run.cancel()));
    await Promise.allSettled(runs.map((run) => run.result()));
    await millrace.client.temporal.workflow.getHandle('pool/warehouse').result();
  });
});
