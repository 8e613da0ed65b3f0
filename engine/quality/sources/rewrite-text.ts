import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';

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
