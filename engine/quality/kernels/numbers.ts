import { countCodes, narrowRange, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import { addToMoments, emptyMoments, mergeMoments, momentsOf, momentsOfWords } from '../profile/moments.js';
import type { Moments } from '../profile/profile.js';
import type { CheckState, OrderKey } from '../states.js';
import { unpackWide } from '../wide.js';
import type { Batch, Kernel } from './kernel.js';

const ORDERED = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'boolean', 'instant', 'date', 'time']);

/**
 * Moments, exact sum and exact extremes of a column of numbers or times. Nulls are left out; NaN is counted apart. Rows with the
 * same dictionary entry are taken in at once.
 */
export class NumbersKernel implements Kernel {
  private total = 0;
  private nulls = 0;
  private nans = 0;
  private moments = emptyMoments();
  private sum = 0n;
  private readonly range: Range;
  private finite = new Float64Array(0);

  /** @throws Misfit where the column holds neither numbers nor times */
  constructor(
    private readonly column: string,
    private readonly kind: ColumnKind,
  ) {
    if (!ORDERED.has(kind.domain)) throw new Misfit(`a column of type ${kind.name} holds no numbers`);
    this.range = kind.layout === 'number' ? new NumberRange() : new WideRange();
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    this.total += chunk.length - chunk.nullCount;
    this.nulls += chunk.nullCount;
    if (chunk.layout === 'codes') this.addEntries(chunk.entries!, countCodes(chunk));
    else if (this.kind.layout === 'number') this.addNumbers(chunk);
    else this.addWide(chunk);
  }

  state(): CheckState {
    const isExact = this.kind.layout === 'wide' || !this.kind.floating;
    return {
      kind: 'numbers',
      total: this.total,
      nulls: this.nulls,
      nans: this.nans,
      moments: { ...this.moments },
      sum: isExact ? this.sum.toString() : null,
      least: this.range.least(),
      greatest: this.range.greatest(),
    };
  }

  private addEntries(entries: ColumnChunk, counts: Int32Array): void {
    for (let i = 0; i < counts.length; i++) {
      const rows = counts[i]!;
      if (rows > 0) this.addValue(entries, i, rows);
    }
  }

  private addValue(chunk: ColumnChunk, at: number, rows: number): void {
    const { kind } = this;
    if (kind.layout === 'wide') {
      const integer = unpackWide(chunk.words, at * kind.stride, kind.stride, kind.unsigned);
      this.sum += integer * BigInt(rows);
      this.range.addInteger(integer);
      addToMoments(this.moments, Number(integer) / 10 ** kind.scale, rows);
      return;
    }
    const value = chunk.numbers[at]!;
    if (value !== value) {
      this.nans += rows;
      return;
    }
    this.range.addNumber(value);
    if (!Number.isFinite(value)) this.moments.infinite += rows;
    else {
      if (!kind.floating) this.sum += BigInt(value) * BigInt(rows);
      addToMoments(this.moments, value, rows);
    }
  }

  private addNumbers({ numbers, valid, length }: ColumnChunk): void {
    if (this.finite.length < length) this.finite = new Float64Array(length);
    const { finite } = this;
    let count = 0;
    for (let i = 0; i < length; i++) {
      if (valid !== null && valid[i] === 0) continue;
      const value = numbers[i]!;
      if (value - value === 0) finite[count++] = value;
      else if (value !== value) this.nans++;
      else {
        this.moments.infinite++;
        this.range.addNumber(value);
      }
    }
    this.addFinite(count);
    if (count === 0) return;
    // Integers of up to 32 bits: the sum of a batch is exact in a double.
    if (!this.kind.floating) this.sum += BigInt(sumOf(finite, count));
  }

  private addFinite(count: number): void {
    if (count === 0) return;
    const part = momentsOf(this.finite, count);
    this.range.addNumber(part.min);
    this.range.addNumber(part.max);
    this.moments = mergeMoments(this.moments, part);
  }

  private addWide(chunk: ColumnChunk): void {
    const { words, valid, length } = chunk;
    if (this.kind.stride !== 2 || this.kind.unsigned || this.kind.scale !== 0) {
      for (let i = 0; i < length; i++) if (valid === null || valid[i] === 1) this.addValue(chunk, i, 1);
      return;
    }
    const narrow = valid === null ? narrowRange(chunk) : null;
    if (narrow !== null && length <= MOST_EXACT) {
      this.addPart(momentsOfWords(words, length, narrow));
      return;
    }
    if (this.finite.length < length) this.finite = new Float64Array(length);
    const { finite } = this;
    let count = 0;
    let beyond = 0;
    for (let i = 0; i < length; i++) {
      if (valid !== null && valid[i] === 0) continue;
      const top = words[2 * i + 1]!;
      beyond |= (top + TOP_OF_EXACT) & ~(2 * TOP_OF_EXACT - 1);
      finite[count++] = top * 4294967296 + (words[2 * i]! >>> 0);
    }
    if (count === 0) return;
    const part = momentsOf(finite, count);
    const largest = Math.max(Math.abs(part.min), Math.abs(part.max));
    // Then no partial sum was rounded.
    if (beyond === 0 && largest * count <= Number.MAX_SAFE_INTEGER) {
      this.addPart(part);
      return;
    }
    this.moments = mergeMoments(this.moments, part);
    this.addRange(chunk);
    this.sum += exactSum(chunk);
  }

  /** @param part of integers, with an exact sum */
  private addPart(part: Moments): void {
    this.moments = mergeMoments(this.moments, part);
    this.range.addInteger(BigInt(part.min));
    this.range.addInteger(BigInt(part.max));
    this.sum += BigInt(part.sum);
  }

  private addRange({ words, valid, length }: ColumnChunk): void {
    let [least, greatest] = [-1, -1];
    for (let i = 0; i < length; i++) {
      if (valid !== null && valid[i] === 0) continue;
      if (least < 0 || isLess(words, i, least)) least = i;
      if (greatest < 0 || isLess(words, greatest, i)) greatest = i;
    }
    this.range.addInteger(unpackWide(words, least * 2, 2, false));
    this.range.addInteger(unpackWide(words, greatest * 2, 2, false));
  }
}

/** Least and greatest value so far. */
interface Range {
  addNumber(value: number): void;
  addInteger(value: bigint): void;
  least(): OrderKey | null;
  greatest(): OrderKey | null;
}

class NumberRange implements Range {
  private min = Infinity;
  private max = -Infinity;
  private isEmpty = true;

  addNumber(value: number): void {
    this.isEmpty = false;
    if (value < this.min) this.min = value;
    if (value > this.max) this.max = value;
  }

  addInteger(value: bigint): void {
    this.addNumber(Number(value));
  }

  least(): OrderKey | null {
    return this.isEmpty ? null : { number: this.min };
  }

  greatest(): OrderKey | null {
    return this.isEmpty ? null : { number: this.max };
  }
}

class WideRange implements Range {
  private min: bigint | null = null;
  private max: bigint | null = null;

  addNumber(): void {
    // Doubles are not exact enough here; integers are added as such.
  }

  addInteger(value: bigint): void {
    if (this.min === null || value < this.min) this.min = value;
    if (this.max === null || value > this.max) this.max = value;
  }

  least(): OrderKey | null {
    return this.min === null ? null : { integer: this.min.toString() };
  }

  greatest(): OrderKey | null {
    return this.max === null ? null : { integer: this.max.toString() };
  }
}

/** Rows of which the sum of 32-bit integers is exact in a double. */
const MOST_EXACT = 1 << 22;

/** Upper words from minus this to below it belong to integers that a double holds exactly. */
const TOP_OF_EXACT = 1 << 21;

/** The sum of signed integers of two words. */
function exactSum({ words, valid, length }: ColumnChunk): bigint {
  let [high, low] = [0, 0];
  for (let i = 0; i < length; i++) {
    if (valid !== null && valid[i] === 0) continue;
    high += words[2 * i + 1]!;
    low += words[2 * i]! >>> 0;
  }
  return BigInt(high) * 4294967296n + BigInt(low);
}

function isLess(words: Int32Array, a: number, b: number): boolean {
  const topA = words[2 * a + 1]!;
  const topB = words[2 * b + 1]!;
  return topA < topB || (topA === topB && words[2 * a]! >>> 0 < words[2 * b]! >>> 0);
}

function sumOf(values: Float64Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += values[i]!;
  return sum;
}
