import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type MillraceClient, type RunHandle } from '../../client/index.js';
import { createLineageClient, type LineageClient } from '../../engine/lineage/index.js';
import type { RunProgress } from '../../schemas/index.js';
import { startDev, type DevProcess } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';
import { until } from '../support/until.js';

describe('a worker that is killed', () => {
  let folder: string;
  let dev: DevProcess;
  let client: MillraceClient;
  let lineage: LineageClient;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-kill-'));
    const config = join(PROJECT_DIR, 'test/support/killed-worker.config.ts');
    const args = ['dist/cli/main.js', 'dev', '--json', '--data-dir', join(folder, 'data'), '--config', config];
    dev = await startDev(process.execPath, args, PROJECT_DIR);
    client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });
    lineage = createLineageClient({ url: dev.lineageUrl });
  });
  afterAll(async () => {
    await client.close();
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** SIGKILL for the process that has the roles data and training. */
  async function killWorker(): Promise<void> {
    const workers = (await processesUnder(join(folder, 'data'))).filter(({ command }) =>
      /main(\.js)? worker .*--role .*data/.test(command),
    );
    expect(workers.length).toBeGreaterThan(0);
    for (const { pid } of workers) process.kill(pid, 'SIGKILL');
  }

  async function during(run: RunHandle, step: string): Promise<void> {
    const isRunning = (progress: RunProgress) =>
      progress.steps.some((state) => state.step === step && state.status === 'running');
    await until(
      async () => {
        const progress = await run.progress().catch(() => undefined);
        return progress !== undefined && isRunning(progress);
      },
      { everyMs: 20 },
    );
  }

  async function attemptsOf(run: RunHandle, activity: string): Promise<number[]> {
    const { events = [] } = await client.temporal.workflow.getHandle(run.workflowId).fetchHistory();
    const scheduled = (events ?? []).filter(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === activity,
    );
    return scheduled.map(
      ({ eventId }) =>
        (events ?? []).find(
          (event) => String(event.activityTaskStartedEventAttributes?.scheduledEventId) === String(eventId),
        )?.activityTaskStartedEventAttributes?.attempt ?? 0,
    );
  }

  it('in the middle of an ingestion: the run finishes, with one version on record', async () => {
    const run = await client.startRun({ pipeline: 'all-flights', partition: 'all' });
    await during(run, 'flights');
    await new Promise((resolve) => setTimeout(resolve, 300));
    await killWorker();
    const result = await run.result();
    expect(result.verdict).toBe('succeeded');
    expect(await attemptsOf(run, 'ingest')).toEqual([2]);
    const versions = await lineage.datasetVersions('all-flights', {});
    expect(versions.map((version) => version.ref.rows)).toEqual([3_000_000]);
  }, 240_000);

  it('in the middle of a training: the run finishes, with one model on record', async () => {
    const run = await client.startRun({ pipeline: 'slow-training', partition: '2001-03-01' });
    await during(run, 'train');
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await killWorker();
    const result = await run.result();
    expect(result.verdict).toBe('succeeded');
    expect((await attemptsOf(run, 'train'))[0]).toBeGreaterThan(1);
    expect((await lineage.model('slow-training')).versions.map((version) => version.version)).toEqual([1]);
  }, 300_000);

  it('while another run waits for what it computes: the other goes on waiting, and computes nothing', async () => {
    const first = await client.startRun({ pipeline: 'first', partition: 'all' });
    await during(first, 'work');
    const second = await client.startRun({ pipeline: 'second', partition: 'all' });
    await until(async () => (await second.progress()).steps[0]?.summary.startsWith('waits for run') ?? false);
    await killWorker();
    const [one, other] = [await first.result(), await second.result()];
    expect(await attemptsOf(first, 'runProjectCommand')).toEqual([2]);
    expect(other.steps).toMatchObject([{ code: 'CACHED', reusedFrom: one.runId, output: one.steps[0]?.output }]);
    expect(await attemptsOf(second, 'runProjectCommand')).toEqual([]);
  }, 240_000);
});
