import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MillraceError } from '../schemas/errors.js';

/**
 * Writes a file that a command was asked for, with the folders on its way. It is never seen half-written.
 * @throws MillraceError INPUT_INVALID where it cannot be written
 */
export async function writeOutput(file: string, text: string): Promise<void> {
  const folder = dirname(file);
  const temporary = join(folder, `.${basename(file)}.${process.pid}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(temporary, text);
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new MillraceError('INPUT_INVALID', `${file} cannot be written: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
