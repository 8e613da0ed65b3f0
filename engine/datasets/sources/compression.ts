import { open, rename } from 'node:fs/promises';

const ENDING = /\.(gz|zst)$/i;

/**
 * Gives a file the ending that its first bytes ask for, by which DuckDB knows compression: an address need not have one, and a
 * server may unpack on the way what the address calls packed.
 * @returns its path
 */
export async function nameByCompression(path: string): Promise<string> {
  const ending = endingOf(await firstBytes(path));
  const named = ENDING.exec(path)?.[0].toLowerCase() ?? '';
  if (named === ending) return path;
  const right = `${path.replace(ENDING, '')}${ending}`;
  await rename(path, right);
  return right;
}

function endingOf(bytes: Buffer): '.gz' | '.zst' | '' {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return '.gz';
  return bytes.length === 4 && bytes.readUInt32LE() === 0xfd2fb528 ? '.zst' : '';
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
