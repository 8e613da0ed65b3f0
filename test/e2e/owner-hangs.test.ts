import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { startDev } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';
import { until } from '../support/until.js';

const STEPS = 6;

it('commits that waited for one which the lineage owner did not answer take its queue at once, and all are on record', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-hanging-'));
  const config = join(PROJECT_DIR, 'test/support/hanging-owner.config.ts');
  const args = ['dist/cli/main.js', 'dev', '--json', '--data-dir', join(folder, 'data'), '--config', config];
  const dev = await startDev(process.execPath, args, PROJECT_DIR);
  const client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });
  const events = async () =>
    (await client.temporal.workflow.getHandle('run/side-by-side/all').fetchHistory()).events ?? [];
  const scheduled = async (name: string) =>
    (await events()).filter((event) => event.activityTaskScheduledEventAttributes?.activityType?.name === name).length;

  try {
    const run = await client.startRun({ pipeline: 'side-by-side', partition: 'all' });
    await until(
      async () => (await events()).filter((event) => event.activityTaskScheduledEventAttributes).length === STEPS,
    );
    const owner = (await processesUnder(join(folder, 'data'))).find(({ command }) => /--role lineage/.test(command));
    if (owner === undefined) throw new Error('there is no lineage owner');
    process.kill(owner.pid, 'SIGSTOP');
    try {
      await until(async () => (await scheduled('commitRecords')) >= STEPS, { seconds: 90 });
    } finally {
      process.kill(owner.pid, 'SIGCONT');
    }
    await expect(run.result()).rejects.toMatchObject({ code: 'INPUT_INVALID' });
    const { steps } = await createLineageClient({ url: dev.lineageUrl }).run(String(run.runId));
    expect(steps.map(({ status }) => status)).toEqual(Array(STEPS).fill('failed'));
    const unanswered = (await events()).filter((event) => event.markerRecordedEventAttributes?.failure);
    expect(unanswered).toHaveLength(1);
  } finally {
    await client.close();
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
