import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { MillraceError } from '../../schemas/errors.js';
import { identify, isRunning, signalGroup, type ProcessIdentity } from './process-identity.js';

const identitySchema = z.object({ pid: z.int().positive(), began: z.string() });
const holderSchema = z.object({ holder: identitySchema, children: z.array(identitySchema) });
type Holder = z.infer<typeof holderSchema>;

/** How long the children of a killed holder may take to end by themselves. */
const ORPHAN_GRACE_MS = 20_000;

export interface DataFolderLock {
  /** Puts on record which processes use the folder on behalf of the holder. */
  setChildren(children: readonly ProcessIdentity[]): void;
  release(): Promise<void>;
}

/**
 * Takes the data folder for this process. Each taker first puts down a file of its own and then looks for others, so of two at
 * once at least one sees the other and draws back; never do both hold it. A holder that no longer runs is passed over, once
 * its children are gone too: they may still be writing the databases.
 * @throws MillraceError DATA_FOLDER_IN_USE
 */
export async function lockDataFolder(dataDir: string, signal?: AbortSignal): Promise<DataFolderLock> {
  const folder = join(dataDir, 'locks');
  await mkdir(folder, { recursive: true });
  const own = join(folder, `${process.pid}-${randomBytes(6).toString('hex')}.json`);
  const holder = identify(process.pid) ?? { pid: process.pid, began: '' };
  const write = (children: readonly ProcessIdentity[]) => {
    writeFileSync(`${own}.new`, JSON.stringify({ holder, children }));
    renameSync(`${own}.new`, own); // whole or not at all for a reader
  };
  for (let attempt = 1; ; attempt++) {
    await writeFile(`${own}.new`, JSON.stringify({ holder, children: [] }));
    await rename(`${own}.new`, own);
    const other = await otherHolder(folder, own, signal).catch(async (error: unknown) => {
      await rm(own, { force: true });
      throw error;
    });
    if (other === null) return { setChildren: write, release: () => rm(own, { force: true }) };
    await rm(own, { force: true });
    if (attempt === 4) {
      throw new MillraceError('DATA_FOLDER_IN_USE', `${dataDir} is in use by process ${other.holder.pid}`);
    }
    await delay(20 + Math.random() * 200, undefined, { signal });
  }
}

async function otherHolder(folder: string, own: string, signal?: AbortSignal): Promise<Holder | null> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (path === own || !name.endsWith('.json')) continue;
    const other = await read(path);
    if (other === null) continue; // released between the listing and now
    if (isRunning(other.holder)) return other;
    await outlive(other.children, signal);
    await rm(path, { force: true });
  }
  return null;
}

async function read(path: string): Promise<Holder | null> {
  try {
    return holderSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new MillraceError('DATA_FOLDER_IN_USE', `${path} cannot be read; delete it if nothing uses the folder`, {
      cause: error,
    });
  }
}

async function outlive(children: readonly ProcessIdentity[], signal?: AbortSignal): Promise<void> {
  for (const deadline = Date.now() + ORPHAN_GRACE_MS; children.some(isRunning);) {
    if (Date.now() > deadline) for (const child of children.filter(isRunning)) signalGroup(child.pid, 'SIGKILL');
    await delay(50, undefined, { signal });
  }
}
