import { open } from 'node:fs/promises';

/** How files are packed that are read all the same. */
export type Compression = 'gzip' | 'zstandard';

/** Numbers that frames of Zstandard begin with, and, but for the last four bits, those that are passed over (RFC 8878, 3.1). */
export const ZSTANDARD_FRAME = 0xfd2fb528;
const SKIPPABLE_FRAME = 0x184d2a50;

/** How a file is packed, by its first four bytes; null where it is not. */
export function compressionOf(head: Uint8Array): Compression | null {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
  if (head.length < 4) return null;
  const magic = Buffer.from(head).readUInt32LE();
  return magic === ZSTANDARD_FRAME || (magic & ~0xf) === SKIPPABLE_FRAME ? 'zstandard' : null;
}

/** The same of a file. */
export async function compressionOfFile(path: string): Promise<Compression | null> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return compressionOf(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
