import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LINEAGE = join(__dirname, '../../../dist/engine/lineage/index.js');

/** Starts a lineage owner as a process of its own, from `dist/`. */
export async function spawnOwner(
  databasePath: string,
  options: object = {},
): Promise<{ child: ChildProcess; url: string }> {
  const script = `require(process.argv[1]).startLineageOwner(JSON.parse(process.argv[2])).then(
    (owner) => console.log(owner.url), (error) => { console.error(error); process.exit(1); })`;
  const child = spawn(process.execPath, ['-e', script, LINEAGE, JSON.stringify({ databasePath, ...options })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  return { child, url };
}

export async function killOwner(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
