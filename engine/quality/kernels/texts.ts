import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import type { MatchBytes } from './plain-pattern.js';
import type { Judge } from './row-check.js';

/** Texts whose outcome is remembered; most columns have few distinct ones, and each row group brings them again. */
const REMEMBERED = 10_000;

/**
 * Fails texts that do not pass a test; each distinct text is tested once, as long as there are few.
 * @throws Misfit where the column holds no texts
 */
export function judgeTexts(kind: ColumnKind, passes: (text: string) => boolean): Judge {
  if (kind.domain !== 'text') throw noTexts(kind);
  const known = new Map<string, 0 | 1>();
  let asked = 0;
  let remembers = true;
  return (chunk, from, to, fails) => {
    const { offsets, offsetStride, valid } = chunk;
    const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.byteLength);
    for (let i = from; i < to; i++) {
      if (valid !== null && valid[i] === 0) continue;
      const text = bytes.toString('utf8', offsets[i * offsetStride], offsets[(i + 1) * offsetStride]);
      if (!remembers) {
        fails[i] = passes(text) ? 0 : 1;
        continue;
      }
      asked++;
      let failed = known.get(text);
      if (failed === undefined) {
        failed = passes(text) ? 0 : 1;
        if (known.size < REMEMBERED) known.set(text, failed);
        // Where most texts are new, looking them up costs more than it saves.
        else if (asked < 4 * REMEMBERED) remembers = false;
      }
      fails[i] = failed;
    }
  };
}

/**
 * The same for a test of bytes in UTF-8: no text is decoded.
 * @throws Misfit where the column holds no texts
 */
export function judgeBytes(kind: ColumnKind, passes: MatchBytes): Judge {
  if (kind.domain !== 'text') throw noTexts(kind);
  return ({ bytes, offsets, offsetStride, valid }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      if (valid !== null && valid[i] === 0) continue;
      fails[i] = passes(bytes, offsets[i * offsetStride]!, offsets[(i + 1) * offsetStride]!) ? 0 : 1;
    }
  };
}

function noTexts({ name }: ColumnKind): Misfit {
  return new Misfit(`a column of type ${name} holds no texts`);
}
