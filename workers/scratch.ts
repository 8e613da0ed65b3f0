import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isProcessAlive } from '../engine/process-alive.js';

/** Removes the scratch folders of attempts whose worker is gone; a folder’s name ends with the id of its process. */
export async function sweepScratch(dataDir: string): Promise<void> {
  const scratch = join(dataDir, 'scratch');
  const names = await readdir(scratch).catch(() => []);
  const left = names.filter((name) => {
    const pid = Number(name.slice(name.lastIndexOf('-') + 1));
    // A container starts each process under the same id: what has it now is from before.
    return pid === process.pid || !isProcessAlive(pid);
  });
  await Promise.all(left.map((name) => rm(join(scratch, name), { recursive: true, force: true })));
}
