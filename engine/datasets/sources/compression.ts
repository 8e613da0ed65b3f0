import { mkdir, rename, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { compressionOfFile } from '../../compression.js';

const ENDING = /\.(gz|zst)$/i;
const ENDINGS = { gzip: '.gz', zstandard: '.zst' } as const;

/**
 * Gives a file the ending that its first bytes ask for, by which DuckDB knows compression: an address need not have one, and a
 * server may unpack on the way what the address calls packed.
 * @returns its path
 */
export async function nameByCompression(path: string): Promise<string> {
  const right = await rightName(path);
  if (right !== path) await rename(path, right);
  return right;
}

/**
 * The same of a file that is not ours: where its name does not say how it is packed, or says it wrongly, another leads to it.
 * @param folder where that is made; it need not be there
 */
export async function linkByCompression(path: string, folder: string): Promise<string> {
  const right = await rightName(path);
  if (right === path) return path;
  await mkdir(folder, { recursive: true });
  const link = join(folder, basename(right));
  await symlink(path, link);
  return link;
}

async function rightName(path: string): Promise<string> {
  const compression = await compressionOfFile(path);
  const ending = compression === null ? '' : ENDINGS[compression];
  const named = ENDING.exec(path)?.[0].toLowerCase() ?? '';
  return named === ending ? path : `${path.replace(ENDING, '')}${ending}`;
}
