import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MillraceError } from '../../schemas/index.js';
import { sha256File } from '../digest.js';

export interface ObjectCacheOptions {
  /** Folder of the cache; several processes may share it. */
  folder: string;
  /** Size in bytes up to which files are kept; then the least recently used go. */
  limitBytes: number;
  /**
   * A file that was asked for less than this ago stays, even over the limit: a step may still be reading it.
   * @default 7_200_000 (two hours)
   */
  keepMs?: number;
}

/** Local copies of objects, by digest. */
export interface ObjectCache {
  /**
   * Path of a read-only file with the bytes of that digest, verified since this process started or the file changed.
   * @param download writes the object to a new file; its failure is thrown on
   * @throws MillraceError OBJECT_CORRUPT for a download of another digest, STORE_UNAVAILABLE when the disk fails
   */
  path(digest: string, download: (target: string) => Promise<void>): Promise<string>;
}

/** The modification time of every verified file: a file that was written to since has another. */
const VERIFIED_AT = new Date('2000-01-01T00:00:00Z');
const TWO_HOURS = 7_200_000;

/** Keeps objects of a remote store on the local disk. What is damaged there is fetched again. */
export function createObjectCache({ folder, limitBytes, keepMs = TWO_HOURS }: ObjectCacheOptions): ObjectCache {
  const verified = new Set<string>();
  const underWay = new Map<string, Promise<string>>();

  async function kept(digest: string, target: string): Promise<boolean> {
    const found = await stat(target).catch(() => undefined);
    if (found === undefined) return false;
    const state = `${digest} ${found.ino} ${found.size} ${found.mtimeMs}`;
    if (found.mtimeMs !== VERIFIED_AT.getTime() || !verified.has(state)) {
      if ((await sha256File(target)) !== digest) {
        await unlink(target);
        return false;
      }
      verified.add(`${digest} ${found.ino} ${found.size} ${VERIFIED_AT.getTime()}`);
    }
    await utimes(target, new Date(), VERIFIED_AT);
    return true;
  }

  async function fetched(digest: string, target: string, download: (target: string) => Promise<void>): Promise<void> {
    const incoming = join(folder, 'incoming', randomUUID());
    await mkdir(dirname(incoming), { recursive: true });
    try {
      await download(incoming);
      const actual = await sha256File(incoming);
      if (actual !== digest) {
        throw new MillraceError('OBJECT_CORRUPT', `the bytes of the object ${digest} have the digest ${actual}`);
      }
      await chmod(incoming, 0o444);
      await utimes(incoming, new Date(), VERIFIED_AT);
      await mkdir(dirname(target), { recursive: true });
      await rename(incoming, target);
      const { ino, size } = await stat(target);
      verified.add(`${digest} ${ino} ${size} ${VERIFIED_AT.getTime()}`);
    } finally {
      await unlink(incoming).catch(() => undefined);
    }
    await makeRoom();
  }

  async function makeRoom(): Promise<void> {
    const files = await cachedFiles(folder);
    let total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const newest = Date.now() - keepMs;
    for (const { path, bytes, usedAt } of files.sort((a, b) => a.usedAt - b.usedAt)) {
      if (total <= limitBytes || usedAt > newest) return;
      await unlink(path).catch(() => undefined);
      total -= bytes;
    }
  }

  async function find(digest: string, download: (target: string) => Promise<void>): Promise<string> {
    const target = join(folder, digest.slice(0, 2), digest);
    try {
      if (!(await kept(digest, target))) await fetched(digest, target, download);
      return target;
    } catch (error) {
      if (error instanceof MillraceError) throw error;
      throw new MillraceError('STORE_UNAVAILABLE', `cache ${folder}: ${(error as Error).message}`, { cause: error });
    }
  }

  return {
    path(digest, download) {
      const known = underWay.get(digest);
      if (known !== undefined) return known;
      const finding = find(digest, download).finally(() => underWay.delete(digest));
      underWay.set(digest, finding);
      return finding;
    },
  };
}

async function cachedFiles(folder: string): Promise<{ path: string; bytes: number; usedAt: number }[]> {
  const prefixes = (await readdir(folder)).filter((name) => name.length === 2);
  const paths = await Promise.all(
    prefixes.map(async (prefix) => (await readdir(join(folder, prefix))).map((name) => join(folder, prefix, name))),
  );
  const found = paths.flat().map(async (path) => {
    // Another process may have made room meanwhile.
    const { size, atimeMs } = await stat(path).catch(() => ({ size: 0, atimeMs: 0 }));
    return { path, bytes: size, usedAt: atimeMs };
  });
  return Promise.all(found);
}
