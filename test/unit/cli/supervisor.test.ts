import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compiledModule } from '../../../engine/threads.js';
import { identify, isRunning } from '../../../workers/embedded/process-identity.js';
import { createSupervisor, type ProcessSpec } from '../../../workers/embedded/supervisor.js';
import { until } from '../../support/until.js';

const SUPERVISOR = compiledModule(join(__dirname, '../../../workers/embedded/supervisor.ts'), './supervisor');
const WATCHER = compiledModule(join(__dirname, '../../../workers/embedded/supervisor.ts'), './watcher');

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'millrace-supervisor-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const node = (name: string, program: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  name,
  command: process.execPath,
  args: ['-e', program],
  ...more,
});

const log = (name: string): string => {
  try {
    return readFileSync(join(folder, `${name}.log`), 'utf8');
  } catch {
    return '';
  }
};
const pidIn = async (name: string, label: string): Promise<number> =>
  Number(await until(() => new RegExp(`${label} (\\d+)`).exec(log(name))?.[1]));
const gone = (pid: number) => until(() => identify(pid) === null);

describe('a supervised process', () => {
  it('that ends by itself fails with the last lines of its log', async () => {
    const supervisor = createSupervisor({ logsDir: folder });
    const child = supervisor.start(node('worker', 'console.log("about to fall"); process.exit(3)'));
    const failure = await child.failed;
    expect(failure.code).toBe('PROCESS_FAILED');
    expect(failure.message).toMatch(/worker exited with 3[\s\S]*about to fall/);
    await supervisor.close();
  });

  it('is started again as often as it may be, and no more', async () => {
    const restarts: string[] = [];
    const supervisor = createSupervisor({ logsDir: folder, onRestart: (name) => restarts.push(name) });
    const child = supervisor.start(node('worker', 'console.log("life"); process.exit(1)', { restarts: 2 }));
    await child.failed;
    expect(restarts).toEqual(['worker', 'worker']);
    expect(log('worker').match(/life/g)).toHaveLength(3);
    await supervisor.close();
  });

  it('that cannot be started at all fails with the reason', async () => {
    const supervisor = createSupervisor({ logsDir: folder });
    const failure = await supervisor.start({ name: 'worker', command: '/no/such/program', args: [] }).failed;
    expect(failure.message).toMatch(/could not be started: .*ENOENT/);
    await supervisor.close();
  });

  it('that ignores SIGTERM is killed after its grace, with everything in its group', async () => {
    const supervisor = createSupervisor({ logsDir: folder });
    const stubborn = `process.on("SIGTERM", () => {}); setInterval(() => {}, 1e6);`;
    supervisor.start(
      node(
        'worker',
        `const child = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(stubborn)}]);
         console.log("child", child.pid, "self", process.pid); ${stubborn}`,
        { graceMs: 300 },
      ),
    );
    const [child, self] = [await pidIn('worker', 'child'), await pidIn('worker', 'self')];
    await supervisor.close();
    await gone(child);
    expect(identify(self)).toBeNull();
  });

  it('is put on record while it runs, and taken off when it is stopped', async () => {
    const recorded: number[] = [];
    const supervisor = createSupervisor({ logsDir: folder, onProcesses: (all) => recorded.push(all.length) });
    supervisor.start(node('a', 'setInterval(() => {}, 1e6)'));
    supervisor.start(node('b', 'setInterval(() => {}, 1e6)'));
    await supervisor.close();
    expect(recorded).toEqual([1, 2, 1, 0]);
  });
});

describe('when the supervising process is gone', () => {
  const parent = (spec: ProcessSpec, after: string) => `
    const { createSupervisor } = require(${JSON.stringify(SUPERVISOR)});
    createSupervisor({ logsDir: ${JSON.stringify(folder)} }).start(${JSON.stringify(spec)});
    setInterval(() => {}, 1e6);
    ${after}`;
  const foreign = (program: string): ProcessSpec => ({
    name: 'foreign',
    command: process.execPath,
    args: [WATCHER, process.execPath, '-e', program],
  });
  const program = 'console.log("program", process.pid); setInterval(() => {}, 1e6)';

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)('by %s, a foreign program ends too', async (signal) => {
    const supervising = spawn(process.execPath, ['-e', parent(foreign(program), '')], { stdio: 'inherit' });
    const pid = await pidIn('foreign', 'program');
    supervising.kill(signal);
    await once(supervising, 'exit');
    await gone(pid);
  });

  it('by an exception, its processes are killed', async () => {
    const supervising = spawn(
      process.execPath,
      ['-e', parent(foreign(program), 'setTimeout(() => { throw new Error("fell") }, 700)')],
      { stdio: 'ignore' },
    );
    const pid = await pidIn('foreign', 'program');
    await once(supervising, 'exit');
    await gone(pid);
  });

  it('before the program was even started, nothing is left', async () => {
    const supervising = spawn(process.execPath, [
      '-e',
      parent(foreign(program), 'process.kill(process.pid, "SIGKILL")'),
    ]);
    await once(supervising, 'exit');
    await delay(500); // time for the watcher to start its program, if it were to
    const started = Number(/program (\d+)/.exec(log('foreign'))?.[1] ?? 0);
    if (started > 0) await gone(started);
  });
});

describe('a process identity', () => {
  it('is not that of a later process with the same id', () => {
    const self = identify(process.pid);
    expect(self !== null && isRunning(self)).toBe(true);
    expect(isRunning({ pid: process.pid, began: 'another time' })).toBe(false);
  });
});
