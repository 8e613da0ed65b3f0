import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../client/index.js';
import { startDev } from '../support/dev-process.js';
import { PROJECT_DIR } from '../support/millrace-environment.js';
import { processesUnder } from '../support/processes.js';
import { until } from '../support/until.js';

interface Line {
  what: 'begin' | 'end';
  run: string;
  pid: number;
  at: number;
}

it('workers killed while runs have a place, and while others wait: no place is lost or doubled, and all get theirs in turn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pools-'));
  const log = join(folder, 'log');
  const config = join(PROJECT_DIR, 'test/support/pooled.config.ts');
  const args = ['dist/cli/main.js', 'dev', '--json', '--data-dir', join(folder, 'data'), '--config', config];
  const dev = await startDev(process.execPath, args, PROJECT_DIR, { MILLRACE_TEST_LOG: log });
  const client = await connect({ address: dev.temporalAddress, namespace: dev.namespace, plain: true });

  async function lines(): Promise<Line[]> {
    const text = await readFile(log, 'utf8').catch(() => '');
    return text
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .map(([what, pipeline, partition, pid, at]) => ({
        ...{ what: what as Line['what'], run: `${pipeline} ${partition}`, pid: Number(pid), at: Number(at) },
      }));
  }

  async function kill(role: string): Promise<number[]> {
    const found = (await processesUnder(join(folder, 'data'))).filter(({ command }) =>
      new RegExp(`main(\\.js)? worker .*--role .*${role}`).test(command),
    );
    expect(found.length).toBeGreaterThan(0);
    for (const { pid } of found) process.kill(pid, 'SIGKILL');
    return found.map(({ pid }) => pid);
  }

  try {
    const runs = [];
    for (let index = 0; index < 6; index += 1) {
      runs.push(await client.startRun({ pipeline: 'bulk', partition: `p${index}` }));
    }
    await until(async () => (await lines()).filter(({ what }) => what === 'begin').length === 2);
    runs.push(await client.startRun({ pipeline: 'nightly', partition: 'p0' }));
    await until(async () => (await client.pools())[0]?.waiting.length === 5);
    const holders = (await client.pools())[0]?.holders.map(({ ticket }) => ticket);
    // The process that works for both holders dies: they keep their places, and nobody else may begin meanwhile.
    const killed = await kill('data');
    const held = await until(async () => {
      const later = (await lines()).filter(({ what, pid }) => what === 'begin' && !killed.includes(pid));
      return later.length >= 2 && later;
    });
    expect(
      held
        .slice(0, 2)
        .map(({ run }) => run)
        .sort(),
    ).toEqual(
      (await lines())
        .slice(0, 2)
        .map(({ run }) => run)
        .sort(),
    );
    expect((await client.pools())[0]?.holders.map(({ ticket }) => ticket)).toEqual(holders);
    // The process of the workflows dies while five wait.
    await kill('orchestration');
    const results = await Promise.all(runs.map((run) => run.result()));
    expect(new Set(results.map(({ verdict }) => verdict))).toEqual(new Set(['succeeded']));

    // The nightly run came last, and is the first or second to get a place all the same.
    const all = await lines();
    const order = [...new Set(all.filter(({ what }) => what === 'begin').map(({ run }) => run))];
    expect(order.indexOf('nightly p0')).toBeLessThanOrEqual(3);
    // Each that went on to its end ended once, and never were more than two at work.
    const ends = all.filter(({ what }) => what === 'end').map(({ run }) => run);
    expect(ends.sort()).toEqual([...order].sort());
    const atWork = new Set<string>();
    for (const { what, run } of all) {
      if (what === 'begin') atWork.add(run);
      else atWork.delete(run);
      expect(atWork.size).toBeLessThanOrEqual(2);
    }
    // Nothing is held any more.
    expect(await client.temporal.workflow.getHandle('pool/warehouse').result()).toEqual({ pool: 'warehouse' });
  } finally {
    await client.close();
    await dev.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
