import { mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MillraceError } from '../schemas/errors.js';

/**
 * Writes a file that a command was asked for, with the folders on its way. It is never seen half-written. A link stays one, and what
 * is no file, as a pipe or a device, takes the text and stays what it is.
 * @throws MillraceError INPUT_INVALID where it cannot be written
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  try {
    const target = await realpath(file).catch(() => file);
    const there = await stat(target).catch(() => undefined);
    if (there === undefined || there.isFile()) await replaceFile(target, text);
    else await writeFile(target, text);
  } catch (error) {
    throw new MillraceError('INPUT_INVALID', `${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

async function replaceFile(file: string, text: string): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}
