import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import type { Judge } from './row-check.js';

/** Texts whose outcome is remembered; most columns have few distinct ones, and each row group brings them again. */
const REMEMBERED = 10_000;

/**
 * Fails texts that do not pass a test; each distinct text is tested once, as long as there are few.
 * @throws Misfit where the column holds no texts
 */
export function judgeTexts(kind: ColumnKind, passes: (text: string) => boolean): Judge {
  if (kind.domain !== 'text') throw new Misfit(`a column of type ${kind.name} holds no texts`);
  const known = new Map<string, 0 | 1>();
  return (chunk, from, to, fails) => {
    const { offsets, offsetStride, valid } = chunk;
    const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.byteLength);
    for (let i = from; i < to; i++) {
      if (valid !== null && valid[i] === 0) continue;
      const text = bytes.toString('utf8', offsets[i * offsetStride], offsets[(i + 1) * offsetStride]);
      let failed = known.get(text);
      if (failed === undefined) {
        failed = passes(text) ? 0 : 1;
        if (known.size < REMEMBERED) known.set(text, failed);
      }
      fails[i] = failed;
    }
  };
}
