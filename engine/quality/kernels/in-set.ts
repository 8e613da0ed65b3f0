import { ByteSet } from '../byte-set.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit, ordinalOf, type Literal } from '../literals.js';
import { packWide, wideRange } from '../wide.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { judgeShare, negated, RowCheck, withMostly, type Judge } from './row-check.js';

/** NaN is in no set; nulls are passed over. */
export const inSet: CheckDefinition<CheckOf<'in_set'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  start: (check, [kind]) => new RowCheck(check.column, judgeInSet(check.set, kind!)),
  threshold: (check) => withMostly(`one of ${setWords(check.set)}`, check),
  judge: judgeShare,
};

/** NaN passes; nulls are passed over. */
export const notInSet: CheckDefinition<CheckOf<'not_in_set'>> = {
  indexTexts: true,
  columns: (check) => [check.column],
  start: (check, [kind]) => new RowCheck(check.column, negated(judgeInSet(check.set, kind!))),
  threshold: (check) => withMostly(`none of ${setWords(check.set)}`, check),
  judge: judgeShare,
};

/** The first members of a set, and how many there are. */
export function setWords(set: readonly Literal[]): string {
  const shown = set.slice(0, 10).map((member) => JSON.stringify(member));
  return `${shown.join(', ')}${set.length > shown.length ? `, … (${set.length} values)` : ''}`;
}

/** Fails values that are not in a set. */
export function judgeInSet(set: readonly Literal[], kind: ColumnKind): Judge {
  if (kind.domain === 'text') return textsInSet(set, kind);
  const ordinals = set.map((literal) => ordinalOf(literal, kind, 'exact')).filter((ordinal) => ordinal !== null);
  if (kind.layout === 'number') return numbersInSet(ordinals.map(Number));
  const { least, greatest } = wideRange(kind.stride, kind.unsigned);
  const wide = ordinals.map(BigInt).filter((ordinal) => ordinal >= least && ordinal <= greatest);
  return wordsInSet(wide, kind.stride);
}

function textsInSet(set: readonly Literal[], kind: ColumnKind): Judge {
  const members = new ByteSet();
  for (const literal of set) {
    if (typeof literal !== 'string')
      throw new Misfit(`${literal} is not a text, but the column is of type ${kind.name}`);
    const bytes = Buffer.from(literal, 'utf8');
    members.add(bytes, 0, bytes.length);
  }
  return ({ bytes, offsets, offsetStride }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      const at = i * offsetStride;
      fails[i] = members.find(bytes, offsets[at]!, offsets[at + offsetStride]!) < 0 ? 1 : 0;
    }
  };
}

/** Up to this many members are tried one by one, which is quicker than hashing. */
const FEW = 8;

function numbersInSet(members: readonly number[]): Judge {
  const set = new Set(members);
  const few = Float64Array.from(set);
  return ({ numbers }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      const value = numbers[i]!;
      let found = false;
      if (few.length > FEW) found = set.has(value);
      else for (let m = 0; m < few.length && !found; m++) found = few[m] === value;
      fails[i] = found ? 0 : 1;
    }
  };
}

function wordsInSet(members: readonly bigint[], stride: number): Judge {
  const packed = Int32Array.from(members.flatMap((member) => [...packWide(member, stride)]));
  const byLowWord = new Map<number, number[]>();
  for (let m = 0; m < members.length; m++) {
    byLowWord.set(packed[m * stride]!, [...(byLowWord.get(packed[m * stride]!) ?? []), m]);
  }
  const all = members.map((_, m) => m);
  return ({ words }, from, to, fails) => {
    for (let i = from; i < to; i++) {
      const candidates = members.length <= FEW ? all : byLowWord.get(words[i * stride]!);
      let found = false;
      for (let c = 0; candidates !== undefined && c < candidates.length && !found; c++) {
        found = equal(words, i * stride, packed, candidates[c]! * stride, stride);
      }
      fails[i] = found ? 0 : 1;
    }
  };
}

function equal(a: Int32Array, atA: number, b: Int32Array, atB: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[atA + i] !== b[atB + i]) return false;
  return true;
}
