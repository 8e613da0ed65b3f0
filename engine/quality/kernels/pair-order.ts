import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import { unpackWide } from '../wide.js';

/** Negative, 0 or positive as the first value is less than, equal to or greater than the second; NaN where NaN is one of them. */
export type PairOrder = (a: ColumnChunk, rowOfA: number, b: ColumnChunk, rowOfB: number) => number;

const SIGN = 0x80000000 | 0;
const NUMBERS = new Set(['number', 'integer', 'decimal']);
const TIMES = new Set(['instant', 'date']);
const HAVE_UNITS = new Set([...TIMES, 'time']);

/**
 * How values of two columns are ordered: exactly, but where one of them is of floating point, which makes both doubles.
 * @throws Misfit where they are not comparable
 */
export function pairOrder(a: ColumnKind, b: ColumnKind): PairOrder {
  const comparable =
    (NUMBERS.has(a.domain) && NUMBERS.has(b.domain)) ||
    (TIMES.has(a.domain) && TIMES.has(b.domain)) ||
    (a.domain === b.domain && a.domain !== 'other');
  if (!comparable) throw new Misfit(`values of type ${a.name} cannot be compared with values of type ${b.name}`);
  if (a.layout === 'text' && b.layout === 'text') return resolved(textOrder);
  const sameUnit = a.unitNs === b.unitNs && a.scale === b.scale;
  if (a.layout === 'number' && b.layout === 'number' && sameUnit) {
    return resolved((x, i, y, j) => x.numbers[i]! - y.numbers[j]! || (x.numbers[i] === y.numbers[j] ? 0 : NaN));
  }
  if (a.layout === 'wide' && b.layout === 'wide' && sameUnit && a.stride === b.stride && a.unsigned === b.unsigned) {
    return resolved(wordsOrder(a.stride, a.unsigned));
  }
  if (a.floating || b.floating) {
    const [left, right] = [doubleOf(a), doubleOf(b)];
    return resolved((x, i, y, j) => left(x, i) - right(y, j));
  }
  return resolved((x, i, y, j) => {
    const [left, right] = [exactOf(a, x, i), exactOf(b, y, j)];
    const scale = Math.max(a.scale, b.scale);
    const difference = left * 10n ** BigInt(scale - a.scale) - right * 10n ** BigInt(scale - b.scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  });
}

/** Reads values of a column as doubles; integers beyond 2^53 and decimals lose digits. */
export function doubleOf(kind: ColumnKind): (chunk: ColumnChunk, row: number) => number {
  if (kind.layout === 'number') return ({ numbers }, row) => numbers[row]!;
  if (kind.layout !== 'wide') throw new Misfit(`a column of type ${kind.name} holds no numbers`);
  if (kind.domain === 'decimal') {
    const unit = 10 ** kind.scale;
    return ({ words }, row) => Number(unpackWide(words, row * kind.stride, kind.stride, false)) / unit;
  }
  if (kind.unsigned) return ({ words }, row) => (words[2 * row + 1]! >>> 0) * 4294967296 + (words[2 * row]! >>> 0);
  return ({ words }, row) => words[2 * row + 1]! * 4294967296 + (words[2 * row]! >>> 0);
}

function exactOf(kind: ColumnKind, chunk: ColumnChunk, row: number): bigint {
  const value =
    kind.layout === 'number'
      ? BigInt(chunk.numbers[row]!)
      : unpackWide(chunk.words, row * kind.stride, kind.stride, kind.unsigned);
  return HAVE_UNITS.has(kind.domain) ? value * kind.unitNs : value;
}

function resolved(order: PairOrder): PairOrder {
  return (a, rowOfA, b, rowOfB) =>
    order(
      a.layout === 'codes' ? a.entries! : a,
      a.layout === 'codes' ? a.codes[rowOfA]! : rowOfA,
      b.layout === 'codes' ? b.entries! : b,
      b.layout === 'codes' ? b.codes[rowOfB]! : rowOfB,
    );
}

function textOrder(a: ColumnChunk, rowOfA: number, b: ColumnChunk, rowOfB: number): number {
  const [atA, endA] = [a.offsets[rowOfA * a.offsetStride]!, a.offsets[(rowOfA + 1) * a.offsetStride]!];
  const [atB, endB] = [b.offsets[rowOfB * b.offsetStride]!, b.offsets[(rowOfB + 1) * b.offsetStride]!];
  const shared = Math.min(endA - atA, endB - atB);
  for (let i = 0; i < shared; i++) {
    const difference = a.bytes[atA + i]! - b.bytes[atB + i]!;
    if (difference !== 0) return difference;
  }
  return endA - atA - (endB - atB);
}

function wordsOrder(stride: number, unsigned: boolean): PairOrder {
  return (a, rowOfA, b, rowOfB) => {
    for (let i = stride - 1; i >= 0; i--) {
      const flip = i < stride - 1 || unsigned ? SIGN : 0;
      const x = a.words[rowOfA * stride + i]! ^ flip;
      const y = b.words[rowOfB * stride + i]! ^ flip;
      if (x !== y) return x < y ? -1 : 1;
    }
    return 0;
  };
}
