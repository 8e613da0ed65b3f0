import { createReadStream } from 'node:fs';

/** Lists and objects of JSON that lie deeper in one another are refused. */
export const MAX_JSON_DEPTH = 100;

const [QUOTE, BACKSLASH, NEWLINE] = [0x22, 0x5c, 0x0a];

/**
 * Whether a file of JSON, or of one JSON a line, has lists and objects that lie more than `MAX_JSON_DEPTH` deep in one another. DuckDB
 * recurses on them, and some ten thousand levels overflow its stack, which ends the process without a word.
 */
export async function isTooDeep(path: string, signal?: AbortSignal): Promise<boolean> {
  let depth = 0;
  let inText = false;
  let escaped = false;
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Uint8Array>) {
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i]!;
      if (inText) {
        // A text never spans lines, so that one without an end does not hide what follows.
        if (byte === NEWLINE) inText = escaped = false;
        else if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else inText = byte !== QUOTE;
      } else if (byte === QUOTE) inText = true;
      // `[` and `{`, `]` and `}` differ in one bit.
      else if ((byte | 0x20) === 0x7b) {
        if (++depth > MAX_JSON_DEPTH) return true;
      } else if ((byte | 0x20) === 0x7d) depth = Math.max(0, depth - 1);
    }
  }
  return false;
}
