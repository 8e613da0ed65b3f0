import { createHash, randomUUID, type Hash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { digestOf } from '../../digest.js';
import { isProcessAlive } from '../../process-alive.js';
import { openFrom } from '../download-file.js';
import type { Arrived } from './http-ranges.js';

/** What stands beside a file that has arrived in part. */
const noteSchema = z.object({
  done: z.number().int().positive(),
  validator: z.string(),
  /** SHA-256 of the first `done` bytes. */
  sha256: z.string(),
  /** Process that writes on; null once its attempt has failed. */
  pid: z.number().nullable(),
});
type Note = z.infer<typeof noteSchema>;

/** Between two notes of how far it is, in milliseconds. */
const NOTE_EVERY_MS = 1_000;
/** What nobody has taken up for so long is removed, in milliseconds. */
const KEPT_MS = 24 * 3_600_000;

export interface KeptDownloads {
  /** Folder that the attempts of a machine share. */
  folder: string;
  /** What is downloaded. Files of the same key may be taken up; whether they are still the same, the server says. */
  key: unknown;
}

/**
 * A file that arrives piece by piece. With a folder for what is kept, another attempt goes on where this one stopped, be
 * it that it failed or that its process was killed. Each attempt writes to a file of its own: one that wakes up again
 * writes into no other’s.
 */
export class PartialDownload {
  #hash: Hash = createHash('sha256');
  #file: FileHandle | undefined;
  #noted = { done: 0, writing: Promise.resolve() };
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    /** How much there is, and of which state of the file. */
    readonly arrived: Arrived,
    private readonly path: string,
    private readonly notePath: string | undefined,
  ) {}

  /** Begins a file, or goes on with one that an earlier attempt has left. */
  static async open(kept: KeptDownloads | undefined, path: string, signal?: AbortSignal): Promise<PartialDownload> {
    if (kept === undefined) return new PartialDownload({ done: 0 }, path, undefined);
    await mkdir(kept.folder, { recursive: true });
    await removeOld(kept.folder);
    const key = digestOf(kept.key).slice(0, 32);
    const own = join(kept.folder, `${key}-${randomUUID()}`);
    const partial = new PartialDownload({ done: 0 }, `${own}.part`, `${own}.json`);
    for (const note of await notesOf(kept.folder, key)) {
      if (await partial.#takeUp(note.base, note.note, signal)) break;
    }
    return partial;
  }

  /** Opens the file to write on behind `arrived.done` bytes. */
  async begin(): Promise<void> {
    if (this.arrived.done === 0) this.#hash = createHash('sha256');
    this.#file = await openFrom(this.path, this.arrived.done);
    // A connection that stands still brings nothing to count by.
    this.#timer = setInterval(() => void this.#note(process.pid).catch(() => undefined), NOTE_EVERY_MS);
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#file?.appendFile(chunk);
    this.#hash.update(chunk);
    this.arrived.done += chunk.length;
  }

  async end(): Promise<void> {
    clearInterval(this.#timer);
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Gives the file its place; nothing is kept. */
  async finish(target: string): Promise<void> {
    await this.#noted.writing;
    if (this.path === target) return;
    await rename(this.path, target).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EXDEV') throw error;
      await copyFile(this.path, target);
      await rm(this.path);
    });
    if (this.notePath !== undefined) await rm(this.notePath, { force: true });
  }

  /** Leaves what there is to another attempt, or nothing where it could not be known again. */
  async release(): Promise<void> {
    if (this.notePath === undefined) return;
    if (this.arrived.done > 0 && this.arrived.validator !== undefined) await this.#note(null);
    else await Promise.all([rm(this.path, { force: true }), rm(this.notePath, { force: true })]);
  }

  async #note(pid: number | null): Promise<void> {
    const { done, validator } = this.arrived;
    const path = this.notePath;
    if (path === undefined || validator === undefined || (pid !== null && done === this.#noted.done)) return;
    const note: Note = { done, validator, sha256: this.#hash.copy().digest('hex'), pid };
    const write = async () => {
      await writeFile(`${path}.new`, JSON.stringify(note));
      await rename(`${path}.new`, path);
    };
    const writing = this.#noted.writing.then(write, write);
    this.#noted = { done, writing: writing.catch(() => undefined) };
    await writing;
  }

  /**
   * What an attempt has left is taken, by whoever is first. Of what one may still write on, a copy is made, whatever is known of its
   * process: in a shared folder it may be one of another machine, and two must never write into the same file.
   */
  async #takeUp(base: string, { done, validator, sha256, pid }: Note, signal?: AbortSignal): Promise<boolean> {
    try {
      if (pid === null) {
        await rename(`${base}.json`, this.notePath ?? '');
        await rename(`${base}.part`, this.path);
      } else {
        await copyFile(`${base}.part`, this.path, constants.COPYFILE_FICLONE);
        if (!isProcessAlive(pid))
          await Promise.all([rm(`${base}.json`, { force: true }), rm(`${base}.part`, { force: true })]);
      }
      if ((await stat(this.path)).size < done) return false;
      await truncate(this.path, done);
      const hash = createHash('sha256');
      await pipeline(createReadStream(this.path), hash, { signal, end: false });
      if (hash.copy().digest('hex') !== sha256) return false;
      this.#hash = hash;
      Object.assign(this.arrived, { done, validator });
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      // Another attempt took it, or its own has ended.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw error;
    }
  }
}

/** What other attempts have left, the farthest first. */
async function notesOf(folder: string, key: string): Promise<{ base: string; note: Note }[]> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${key}-`) && name.endsWith('.json'));
  const notes = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      const text = await readFile(path, 'utf8').catch(() => '');
      const { data } = noteSchema.safeParse(parsed(text));
      return data === undefined ? [] : [{ base: path.slice(0, -'.json'.length), note: data }];
    }),
  );
  return notes.flat().toSorted((a, b) => b.note.done - a.note.done);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function removeOld(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
    if (mtimeMs < Date.now() - KEPT_MS) await rm(path, { force: true });
  }
}
