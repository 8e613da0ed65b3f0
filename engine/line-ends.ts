import { createReadStream, createWriteStream } from 'node:fs';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { compressionOfFile } from './compression.js';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** Writes a CSV with all lines ending in LF, unpacked if it was packed by gzip; what stands between quotes stays as it is. */
export async function writeWithOneLineEnd(from: string, into: string, signal?: AbortSignal): Promise<void> {
  let isQuoted = false;
  let before = 0;
  const unify = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      const out = Buffer.allocUnsafe(chunk.length);
      let length = 0;
      for (const byte of chunk) {
        if (byte === QUOTE) isQuoted = !isQuoted;
        const isSecond = !isQuoted && byte === LF && before === CR;
        if (!isSecond) out[length++] = !isQuoted && byte === CR ? LF : byte;
        before = isQuoted ? 0 : byte;
      }
      done(null, out.subarray(0, length));
    },
  });
  await pipeline(await unpacked(from), unify, createWriteStream(into), { signal });
}

/**
 * Whether lines of a CSV, which may be packed by gzip, end in different ways. What holds a zero byte is not told, since it may
 * be no text.
 */
export async function hasMixedLineEnds(path: string, signal?: AbortSignal): Promise<boolean> {
  const ends = new Set<'CRLF' | 'CR' | 'LF'>();
  let isQuoted = false;
  let before = 0;
  for await (const chunk of await unpacked(path)) {
    signal?.throwIfAborted();
    for (const byte of chunk as Buffer) {
      if (byte === 0) return false;
      if (byte === QUOTE) isQuoted = !isQuoted;
      if (!isQuoted && byte === LF) ends.add(before === CR ? 'CRLF' : 'LF');
      else if (before === CR) ends.add('CR');
      before = isQuoted ? 0 : byte;
    }
    if (ends.size > 1) return true;
  }
  return false;
}

async function unpacked(path: string): Promise<Readable> {
  const file = createReadStream(path);
  if ((await compressionOfFile(path)) !== 'gzip') return file;
  const unpack = createGunzip();
  // Its failure is that of what reads from it.
  file.on('error', (error) => unpack.destroy(error));
  unpack.on('close', () => file.destroy());
  return file.pipe(unpack);
}
