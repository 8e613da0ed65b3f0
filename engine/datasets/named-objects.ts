import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MillraceError } from '../../schemas/index.js';

/**
 * Small objects that are found by name, beside the content-addressed ones of a store: each is written once, and no sweep
 * takes it. Errors: STORE_UNAVAILABLE.
 */
export interface NamedObjects {
  /**
   * Writes an object whole, unless there is one of the name.
   * @param name a file name, without folders
   * @returns whether it was written
   */
  put(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Null for a name that there is not. */
  read(name: string): Promise<Buffer | null>;
  /** All names, sorted. */
  list(): Promise<string[]>;
}

/** Named objects as files of a folder, which is made when the first is written. */
export function createNamedFiles(folder: string): NamedObjects {
  return {
    put: (name, bytes) =>
      orUnavailable(folder, async () => {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        const part = join(folder, `.part-${randomUUID()}`);
        try {
          const file = await open(part, 'wx', 0o444);
          try {
            await file.writeFile(bytes);
            await file.sync();
          } finally {
            await file.close();
          }
          await link(part, join(folder, name));
          return true;
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
          throw error;
        } finally {
          await rm(part, { force: true });
        }
      }),
    read: (name) => orUnavailable(folder, () => orNothing(readFile(join(folder, name)), null)),
    list: () =>
      orUnavailable(folder, async () =>
        (await orNothing(readdir(folder), [])).filter((name) => !name.startsWith('.')).sort(),
      ),
  };
}

async function orNothing<T, N>(work: Promise<T>, nothing: N): Promise<T | N> {
  return work.catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return nothing;
    throw error;
  });
}

async function orUnavailable<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new MillraceError('STORE_UNAVAILABLE', `${folder}: ${(error as Error).message}`, { cause: error });
  }
}
