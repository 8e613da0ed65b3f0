import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { compiledModule } from '../../../engine/threads.js';
import { lockDataFolder } from '../../../workers/embedded/data-folder-lock.js';
import { identify } from '../../../workers/embedded/process-identity.js';

const LOCK = compiledModule(join(__dirname, '../../../workers/embedded/data-folder-lock.ts'), './data-folder-lock');

let folder: string;
let started: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
  started = [];
});
afterEach(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** A process that takes the folder, says how that went, and stays. */
async function taker(more = ''): Promise<{ child: ChildProcess; said: string }> {
  const child = spawn(process.execPath, [
    '-e',
    `const { lockDataFolder } = require(${JSON.stringify(LOCK)});
     lockDataFolder(${JSON.stringify(folder)}).then((lock) => { ${more}; console.log('holds') }, (e) => console.log(e.code));
     setInterval(() => {}, 1e6);`,
  ]);
  started.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, said: said.toString().trim() };
}

describe('the lock of a data folder', () => {
  it('is refused while another process holds it, whose id is named', async () => {
    const { child, said } = await taker();
    expect(said).toBe('holds');
    await expect(lockDataFolder(folder)).rejects.toMatchObject({
      code: 'DATA_FOLDER_IN_USE',
      message: expect.stringContaining(`process ${child.pid}`),
    });
  });

  it('is free again after release', async () => {
    await (await lockDataFolder(folder)).release();
    await (await lockDataFolder(folder)).release();
    expect(readdirSync(join(folder, 'locks'))).toEqual([]);
  });

  it('passes over a holder that was killed', async () => {
    const { child } = await taker();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await lockDataFolder(folder)).release();
  });

  it('waits for what a killed holder left running', async () => {
    const orphan = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 1500)'], { detached: true, stdio: 'ignore' });
    started.push(orphan);
    const { child } = await taker(`lock.setChildren([${JSON.stringify(identify(orphan.pid ?? 0))}])`);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const lock = await lockDataFolder(folder);
    expect(identify(orphan.pid ?? 0)).toBeNull();
    await lock.release();
  });

  it('is never held by two of many that come at once', async () => {
    const said = (await Promise.all(Array.from({ length: 5 }, () => taker()))).map((each) => each.said);
    expect(said.filter((each) => each === 'holds').length).toBeLessThanOrEqual(1);
    expect(said.filter((each) => each !== 'holds')).toEqual(expect.arrayContaining(['DATA_FOLDER_IN_USE']));
  });

  it('gives up when it is told to', async () => {
    await taker();
    const aborting = new AbortController();
    const locking = lockDataFolder(folder, aborting.signal);
    await delay(5);
    aborting.abort();
    await expect(locking).rejects.toThrow();
    expect(readdirSync(join(folder, 'locks')).filter((name) => name.startsWith(`${process.pid}-`))).toEqual([]);
  });
});
