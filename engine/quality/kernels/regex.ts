import { RE2JS } from 're2js';
import { Misfit } from '../literals.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { judgeShare, RowCheck, withMostly, type Judge } from './row-check.js';

/** RE2 takes time linear in the text, so a pattern from outside cannot stall a worker. Nulls are passed over. */
export const regex: CheckDefinition<CheckOf<'regex'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  problems({ pattern }) {
    try {
      RE2JS.compile(pattern);
      return [];
    } catch (error) {
      return [{ path: 'pattern', message: `is not a valid RE2 pattern: ${(error as Error).message}` }];
    }
  },
  start(check, [kind]) {
    if (kind!.domain !== 'text') throw new Misfit(`a column of type ${kind!.name} holds no texts`);
    return new RowCheck(check.column, judgeRegex(RE2JS.compile(check.pattern)));
  },
  threshold: (check) => withMostly(`matches ${check.pattern}`, check.mostly),
  judge: (state, check) => judgeShare(state, check.mostly),
};

function judgeRegex(pattern: RE2JS): Judge {
  return (chunk, from, to, fails) => {
    const { offsets, offsetStride, valid } = chunk;
    const text = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset, chunk.bytes.byteLength);
    for (let i = from; i < to; i++) {
      if (valid !== null && valid[i] === 0) continue;
      const at = i * offsetStride;
      fails[i] = pattern.test(text.toString('utf8', offsets[at], offsets[at + offsetStride])) ? 0 : 1;
    }
  };
}
