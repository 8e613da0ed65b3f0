import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;

/** The form of UTF-16 that a file says it is in by its first two bytes; null where it says nothing of the kind. */
export function utf16Of(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  return head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : null;
}

/** Writes a text in UTF-16 as UTF-8. @throws TypeError where it is malformed */
export async function writeAsUtf8(
  from: string,
  into: string,
  encoding: 'utf-16le' | 'utf-16be',
  signal?: AbortSignal,
): Promise<void> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  const decode = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      attempt(done, () => decoder.decode(chunk, { stream: true }));
    },
    flush(done) {
      attempt(done, () => decoder.decode());
    },
  });
  await pipeline(createReadStream(from), decode, createWriteStream(into), { signal });
}

function attempt(done: (error: Error | null, text?: string) => void, decode: () => string): void {
  try {
    done(null, decode());
  } catch (error) {
    done(error as Error);
  }
}

/** Writes a CSV with all lines ending in LF; what stands between quotes stays as it is. */
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
  await pipeline(createReadStream(from), unify, createWriteStream(into), { signal });
}

/** Whether lines of a CSV end in different ways. What holds a zero byte is not told, since it may be no text. */
export async function hasMixedLineEnds(path: string, signal?: AbortSignal): Promise<boolean> {
  const ends = new Set<'CRLF' | 'CR' | 'LF'>();
  let isQuoted = false;
  let before = 0;
  for await (const chunk of createReadStream(path, { signal })) {
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
