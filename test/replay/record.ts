/**
 * Records the histories that `replay.test.ts` replays: `npx jiti test/replay/record.ts`, after `npm run build`.
 * One history a path through the workflows. Record anew only when nothing that is running can depend on the old ones.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { weatherProject } from '../support/weather-project.js';

const HISTORIES = join(__dirname, 'histories');

async function main(): Promise<void> {
  await mkdir(HISTORIES, { recursive: true });
  const millrace = await startMillrace(weatherProject());
  try {
    await record(millrace, 'run-succeeded', 'run/weather/2012-03', { pipeline: 'weather', partition: '2012-03' });
    await record(millrace, 'run-refused', 'run/weather/2012-08', {
      pipeline: 'weather',
      partition: '2012-08',
      params: { hottest: 30 },
    });
    await record(millrace, 'run-failed', 'run/weather/2012-09', {
      pipeline: 'weather',
      partition: '2012-09',
      params: { path: 'nowhere.csv' },
    });
    await record(millrace, 'run-retried', 'run/weather/2012-10', {
      pipeline: 'weather',
      partition: '2012-10',
      params: { failures: 2 },
    });
    await record(millrace, 'run-joined', 'typed-by-a-person', { pipeline: 'weather', partition: '2012-11' });
    await record(millrace, 'run-invalid', 'typed-wrongly', { pipeline: 5 });
  } finally {
    await millrace.close();
  }
}

async function record({ client }: MillraceEnvironment, name: string, workflowId: string, input: object): Promise<void> {
  const { workflow } = client.temporal;
  const handle = await workflow.start('pipelineRun', { taskQueue: 'orchestration', workflowId, args: [input] });
  // A failed run is a path of its own.
  await handle.result().catch(() => undefined);
  const history = historyToJSON(await handle.fetchHistory());
  await writeFile(join(HISTORIES, `${name}.json`), `${JSON.stringify(JSON.parse(history), null, 1)}\n`);
}

void main();
