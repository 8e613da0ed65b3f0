import { Misfit } from '../literals.js';
import { boundsProblems, rangeWords } from './bounds.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { judgeShare, RowCheck, withMostly } from './row-check.js';

/** Counts Unicode code points, not bytes; in binary columns bytes. Nulls are passed over. */
export const lengthBetween: CheckDefinition<CheckOf<'length_between'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  problems: boundsProblems,
  start(check, [kind]) {
    if (kind!.layout !== 'text') throw new Misfit(`values of type ${kind!.name} have no length`);
    const { min = 0, max = Infinity } = check;
    const isText = kind!.domain === 'text';
    return new RowCheck(check.column, ({ bytes, offsets, offsetStride, valid }, from, to, fails) => {
      for (let i = from; i < to; i++) {
        if (valid !== null && valid[i] === 0) continue;
        const [start, end] = [offsets[i * offsetStride]!, offsets[(i + 1) * offsetStride]!];
        const length = isText ? codePoints(bytes, start, end) : end - start;
        fails[i] = length >= min && length <= max ? 0 : 1;
      }
    });
  },
  threshold: (check) => withMostly(`${rangeWords(check)} characters`, check),
  judge: judgeShare,
};

/** Code points of UTF-8: every byte but those that go on with one. */
export function codePoints(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++;
  return count;
}
