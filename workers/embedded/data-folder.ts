import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError } from '../../schemas/errors.js';

/**
 * Makes the data folder. The nearest folder that is there is looked at first: some file systems never come back from an
 * attempt to make a folder in them.
 * @throws MillraceError DATA_FOLDER_UNUSABLE
 */
export async function makeDataFolder(dataDir: string): Promise<void> {
  let nearest = dataDir;
  try {
    for (;;) {
      const found = await stat(nearest).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return undefined;
      });
      if (found?.isDirectory() === false) throw new Error(`${nearest} is no folder`);
      if (found !== undefined) break;
      nearest = dirname(nearest);
    }
    await access(nearest, constants.W_OK | constants.X_OK);
    if (nearest.startsWith('/proc')) throw new Error(`${nearest} does not hold files`);
    await mkdir(dataDir, { recursive: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MillraceError('DATA_FOLDER_UNUSABLE', `${dataDir}: ${message}`, { cause: error });
  }
}
