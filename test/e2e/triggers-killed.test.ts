import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '../../client/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { startDev } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';
import { until } from '../support/until.js';

const EVENTS = 120;
const PARTITIONS = ['a', 'b', 'c', 'd', 'e'];

it('each event ends once, and each run has one that started it, when workers and the lineage owner are killed meanwhile', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-events-'));
  const config = join(PROJECT_DIR, 'test/support/triggered.config.ts');
  const args = ['dist/cli/main.js', 'dev', '--json', '--data-dir', join(folder, 'data'), '--config', config];
  const dev = await startDev(process.execPath, args, PROJECT_DIR);
  const client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });
  const lineage = createLineageClient({ url: dev.lineageUrl });

  async function kill(role: string): Promise<void> {
    const found = (await processesUnder(join(folder, 'data'))).filter(({ command }) =>
      new RegExp(`main(\\.js)? worker .*--role ${role}`).test(command),
    );
    expect(found.length).toBeGreaterThan(0);
    for (const { pid } of found) process.kill(pid, 'SIGKILL');
  }

  try {
    for (let index = 0; index < EVENTS; index += 1) {
      const partition = PARTITIONS[index % PARTITIONS.length];
      const event = { pipeline: 'triggered', partition, id: `event-${index}` };
      await client.trigger(event);
      // A sender that is not sure sends again.
      if (index % 7 === 0) await client.trigger(event);
      if (index === 30 || index === 80) await kill('orchestration');
      if (index === 50 || index === 100) await kill('lineage');
      await delay(40);
    }
    const ledger = await until(
      async () => {
        const now = await ended();
        return Object.values(now.counts).reduce((sum, count) => sum + count, 0) >= EVENTS && now;
      },
      { seconds: 120, everyMs: 200 },
    );
    const ids = ledger.entries.map(({ id }) => id);
    expect(ids).toHaveLength(EVENTS);
    expect(new Set(ids)).toEqual(new Set(Array.from({ length: EVENTS }, (_, index) => `event-${index}`)));
    expect(ledger.counts.ignored).toBe(0);
    const started = ledger.entries.filter(({ outcome }) => outcome === 'started').map(({ runs }) => runs[0]?.runId);
    const runs = await untilAllEnded(started.length);
    expect(new Set(runs)).toEqual(new Set(started));
    expect((await client.triggers.waiting('triggered')).waiting).toEqual([]);
  } finally {
    await client.close();
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  }

  async function ended() {
    // The owner may be on its way up.
    return until(() => lineage.triggers.ledger('triggered', { limit: 1000 }).catch(() => undefined));
  }

  async function untilAllEnded(count: number): Promise<string[]> {
    return until(
      async () => {
        const runs = await lineage.runs({ pipeline: 'triggered', limit: 1000 });
        const allEnded = runs.length >= count && runs.every(({ verdict }) => verdict !== null);
        return allEnded && runs.map(({ runId }) => runId);
      },
      { seconds: 120, everyMs: 200 },
    );
  }
}, 240_000);
