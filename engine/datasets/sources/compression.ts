import { rename } from 'node:fs/promises';
import { compressionOfFile } from '../../compression.js';

const ENDING = /\.(gz|zst)$/i;
const ENDINGS = { gzip: '.gz', zstandard: '.zst' } as const;

/**
 * Gives a file the ending that its first bytes ask for, by which DuckDB knows compression: an address need not have one, and a
 * server may unpack on the way what the address calls packed.
 * @returns its path
 */
export async function nameByCompression(path: string): Promise<string> {
  const compression = await compressionOfFile(path);
  const ending = compression === null ? '' : ENDINGS[compression];
  const named = ENDING.exec(path)?.[0].toLowerCase() ?? '';
  if (named === ending) return path;
  const right = `${path.replace(ENDING, '')}${ending}`;
  await rename(path, right);
  return right;
}
