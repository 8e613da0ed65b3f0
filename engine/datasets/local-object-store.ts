import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, open, opendir, readFile, readdir, rename, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { MillraceError } from '../../schemas/index.js';
import { canonicalJson, sha256, sha256File } from '../digest.js';
import {
  digestOfUri,
  objectKey,
  objectUri,
  RENEW_AFTER_MS,
  type ListedObject,
  type ObjectStore,
  type StoredObject,
} from './object-store.js';

export interface LocalObjectStoreOptions {
  /** Name of the store in addresses; a lower-case word. */
  name: string;
  /** Folder of the store; made when the first object is put. All processes that use it must see the same folder. */
  root: string;
}

/** File systems without hard links answer with one of these. */
const NO_HARD_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** An object store in a folder, for one machine or a shared file system. Objects are read-only files. */
export function createLocalObjectStore(options: LocalObjectStoreOptions): ObjectStore {
  const { name } = options;
  const root = resolve(options.root);
  /** What a verified file looked like, by address, so that a file that was exchanged is verified again. */
  const verified = new Map<string, Promise<string>>();
  const pathOf = (digest: string) => join(root, objectKey(digest));

  async function put(source: () => Readable): Promise<StoredObject> {
    const incoming = join(root, 'incoming', randomUUID());
    try {
      await storeErrors(name, () => mkdir(dirname(incoming), { recursive: true }));
      const { digest, bytes } = await copyAndHash(name, source(), incoming);
      await storeErrors(name, () => moveIntoPlace(incoming, pathOf(digest), bytes));
      return { digest, uri: objectUri(name, digest), bytes };
    } finally {
      await unlink(incoming).catch(() => undefined);
    }
  }

  async function statOf(uri: string): Promise<{ path: string; state: string }> {
    const path = pathOf(digestOfUri(name, uri));
    const found = await objectErrors(name, uri, () => stat(path));
    return { path, state: `${found.ino} ${found.size} ${found.mtimeMs}` };
  }

  async function verify(uri: string, path: string): Promise<string> {
    const digest = await objectErrors(name, uri, () => sha256File(path));
    if (digest !== digestOfUri(name, uri)) throw corrupt(uri, path, digest);
    return path;
  }

  return {
    name,

    putFile: (localPath) => put(() => createReadStream(localPath)),
    putBytes: (bytes) => put(() => Readable.from([Buffer.from(bytes)])),
    putJson: (value) => put(() => Readable.from([Buffer.from(canonicalJson(value))])),

    async read(uri) {
      const digest = digestOfUri(name, uri);
      const path = pathOf(digest);
      const bytes = await objectErrors(name, uri, () => readFile(path));
      const actual = sha256(bytes);
      if (actual !== digest) throw corrupt(uri, path, actual);
      return bytes;
    },

    async localPath(uri) {
      const { path, state } = await statOf(uri);
      const key = `${uri} ${state}`;
      const known = verified.get(key) ?? verify(uri, path);
      verified.set(key, known);
      known.catch(() => verified.delete(key));
      return known;
    },

    async exists(uri) {
      try {
        await statOf(uri);
        return true;
      } catch (error) {
        if (error instanceof MillraceError && error.code === 'OBJECT_NOT_FOUND') return false;
        throw error;
      }
    },

    objects: () => objectsUnder(name, root),

    async remove({ uri, digest, putAt }) {
      const path = pathOf(digest);
      const found = await storeErrors(name, () => statOrNothing(path));
      if (found === undefined) return true;
      if (found.mtimeMs > putAt.getTime()) return false;
      await objectErrors(name, uri, () => unlink(path));
      return true;
    },

    removeUnfinished: (before, dryRun) => storeErrors(name, () => removeOlder(join(root, 'incoming'), before, dryRun)),
  };
}

async function* objectsUnder(store: string, root: string): AsyncGenerator<ListedObject> {
  const top = join(root, 'sha256');
  if ((await storeErrors(store, () => statOrNothing(top))) === undefined) return;
  for (const prefix of await storeErrors(store, () => readdir(top))) {
    for await (const entry of await storeErrors(store, () => opendir(join(top, prefix)))) {
      const found = await storeErrors(store, () => statOrNothing(join(top, prefix, entry.name)));
      if (found === undefined || !/^[0-9a-f]{64}$/.test(entry.name)) continue;
      yield {
        digest: entry.name,
        uri: objectUri(store, entry.name),
        bytes: found.size,
        // Not earlier than it was: the file system counts finer than Date does.
        putAt: new Date(Math.ceil(found.mtimeMs)),
      };
    }
  }
}

async function removeOlder(folder: string, before: Date, dryRun: boolean): Promise<number> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let count = 0;
  for (const name of names) {
    const found = await statOrNothing(join(folder, name));
    if (found === undefined || found.mtimeMs >= before.getTime()) continue;
    if (!dryRun) await unlink(join(folder, name)).catch(() => undefined);
    count += 1;
  }
  return count;
}

async function statOrNothing(path: string) {
  return stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

/** Copies a stream to a new file and to the disk’s platter, and hashes it on the way, so that the source is read once. */
async function copyAndHash(store: string, source: Readable, target: string): Promise<Omit<StoredObject, 'uri'>> {
  const hash = createHash('sha256');
  let bytes = 0;
  // What the caller's own file fails with is not the store's failure.
  let sourceError: unknown;
  source.on('error', (error) => (sourceError = error));
  try {
    await pipeline(
      source,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      createWriteStream(target, { flags: 'wx', mode: 0o444 }),
    );
  } catch (error) {
    throw sourceError === error ? error : unavailable(store, error);
  }
  await storeErrors(store, () => sync(target));
  return { digest: hash.digest('hex'), bytes };
}

/** Gives a finished file its name, unless an object of that name is there already. */
async function moveIntoPlace(incoming: string, target: string, bytes: number): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  try {
    await link(incoming, target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code !== 'EEXIST' && !NO_HARD_LINKS.has(code)) throw error;
    const present = await stat(target).catch(() => undefined);
    if (present === undefined) {
      // Two writers may both come here; they bring the same bytes.
      await rename(incoming, target);
    } else if (present.size !== bytes) {
      throw new MillraceError('OBJECT_CORRUPT', `${target} has ${present.size} bytes, its content has ${bytes}`);
    } else {
      const now = new Date();
      if (now.getTime() - present.mtimeMs > RENEW_AFTER_MS) await utimes(target, now, now);
      return;
    }
  }
  await sync(dirname(target));
}

/** Waits until a file, or the names in a folder, survive a power failure. */
async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const corrupt = (uri: string, path: string, actual: string) =>
  new MillraceError('OBJECT_CORRUPT', `the bytes of ${uri}, in ${path}, have the digest ${actual}`);

function unavailable(store: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  return new MillraceError('STORE_UNAVAILABLE', `store ${store}: ${(error as Error).message}`, { cause: error });
}

async function storeErrors<T>(store: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw unavailable(store, error);
  }
}

async function objectErrors<T>(store: string, uri: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unavailable(store, error);
    throw new MillraceError('OBJECT_NOT_FOUND', `${uri} is not in the store ${store}`, { cause: error });
  }
}
