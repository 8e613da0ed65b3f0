import { createReadStream } from 'node:fs';

/** Lists and objects of JSON that lie deeper in one another are refused. */
export const MAX_JSON_DEPTH = 100;

const [QUOTE, BACKSLASH, NEWLINE] = [0x22, 0x5c, 0x0a];

/**
 * Counts how deep lists and objects of JSON, or of one JSON a line, lie in one another. DuckDB recurses on them when it guesses
 * types, and some ten thousand levels overflow its stack, which ends the process without a word.
 */
export class JsonDepth {
  private depth = 0;
  private inText = false;
  private escaped = false;

  /** Whether these bytes, which follow those of the calls before, go deeper than `MAX_JSON_DEPTH`. */
  isTooDeep(bytes: Uint8Array): boolean {
    let { depth, inText, escaped } = this;
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
    Object.assign(this, { depth, inText, escaped });
    return false;
  }
}

/** Whether a file of JSON, or of one JSON a line, goes deeper than `MAX_JSON_DEPTH`. */
export async function isTooDeep(path: string, signal?: AbortSignal): Promise<boolean> {
  const depth = new JsonDepth();
  for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20, signal }) as AsyncIterable<Uint8Array>) {
    if (depth.isTooDeep(bytes)) return true;
  }
  return false;
}
