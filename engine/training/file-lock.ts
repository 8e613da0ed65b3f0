import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isProcessAlive } from '../process-alive.js';

/** How often a holder shows that it lives, in milliseconds. */
const BEAT_MS = 2_000;

/** Silence after which a holder counts as dead; also covers a process id that another process has got since. */
const STALE_MS = 60_000;

const POLL_MS = 100;

interface Holder {
  pid: number;
  host: string;
  id: string;
}

/**
 * Runs work while holding a lock file, so that of several processes one works at a time. A lock whose holder is gone
 * (its process does not exist, or it was silent for a minute) is taken over.
 * @param onWait told once if another process holds the lock
 */
export async function withFileLock<T>(
  path: string,
  { signal, onWait }: { signal?: AbortSignal | undefined; onWait?: (() => void) | undefined },
  work: () => Promise<T>,
): Promise<T> {
  const id = randomUUID();
  let told = false;
  while (!(await acquire(path, id))) {
    if (!told) onWait?.();
    told = true;
    if (!(await removeStale(path))) await sleep(POLL_MS, undefined, { signal });
  }
  const beat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => undefined), BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    // A lock that was taken over in spite of the beats is no longer ours to remove.
    if ((await readHolder(path))?.id === id) await rm(path, { force: true });
  }
}

async function acquire(path: string, id: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(JSON.stringify({ pid: process.pid, host: hostname(), id } satisfies Holder));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Holder;
  } catch {
    // Gone, or not written yet.
    return undefined;
  }
}

/** Removes the lock if its holder is gone. */
async function removeStale(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return true;
  const silent = Date.now() - info.mtimeMs > STALE_MS;
  if (!silent && (holder === undefined || holder.host !== hostname() || isProcessAlive(holder.pid))) return false;
  // Renamed first: if two processes found the same stale lock, the second must not remove the first one’s new lock.
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return true;
  }
  const taken = await readHolder(aside);
  if (taken?.id !== holder?.id) {
    // It was somebody’s new lock: put it back; if a third took the place meanwhile, both go on, which costs work only.
    await rename(aside, path).catch(() => undefined);
    return false;
  }
  await rm(aside, { force: true });
  return true;
}
