import { BLOCK_ROWS } from './blocks.js';
import type { ByteSet } from './byte-set.js';
import { gather, type ColumnChunk } from './column-chunk.js';
import { hashOfText, hashOfWords } from './hash.js';

/** The entry of a dictionary that no row had yet, and one that a row of this block has for the first time. */
const UNSEEN = -1;
const PENDING = -2;

/**
 * Numbers the values of one column among the keys of a set. The keys are those that `KeyWriter` lays out, but go to the set a block
 * at a time and as they are.
 */
export class ColumnKeys {
  /** Of each row of the block that was numbered last the number of its key; -1 where there is no value. */
  readonly numbers = new Int32Array(BLOCK_ROWS);
  private readonly hashes = new Int32Array(BLOCK_ROWS);
  private readonly floats = new Float64Array(BLOCK_ROWS);
  private readonly floatWords = new Int32Array(this.floats.buffer);
  private entries: ColumnChunk | null = null;
  private numberOfEntry = new Int32Array(0);
  private known = 0;

  /** @param stride words of a value, for columns of words */
  constructor(
    private readonly set: ByteSet,
    private readonly stride: number,
  ) {}

  /**
   * Numbers the rows from `from` to `to`, a block at most. Keys that are new get the next numbers, in the order of the rows.
   * @returns false where the set has no room for one
   */
  number(chunk: ColumnChunk, from: number, to: number): boolean {
    switch (chunk.layout) {
      case 'codes':
        return this.numberCodes(chunk, from, to);
      case 'text':
        return this.numberTexts(chunk, from, to);
      case 'wide':
        this.hashWords(chunk.words, from * this.stride, this.stride, to - from);
        return this.numberWords(chunk, chunk.words, from * this.stride, this.stride, from, to);
      case 'number':
        this.layOutNumbers(chunk, from, to);
        this.hashWords(this.floatWords, 0, 2, to - from);
        return this.numberWords(chunk, this.floatWords, 0, 2, from, to);
      case 'opaque':
        throw new Error('values of this layout have no keys');
      default:
        return chunk.layout satisfies never;
    }
  }

  private numberTexts(chunk: ColumnChunk, from: number, to: number): boolean {
    const { bytes, offsets, offsetStride, valid } = chunk;
    const { set, numbers, hashes } = this;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    // First all hashes, then all look-ups: the processor can fetch slots that lie far apart at once.
    for (let i = from, k = 0; i < to; i++, k++) {
      if (valid !== null && valid[i] === 0) continue;
      hashes[k] = hashOfText(view, offsets[i * offsetStride]!, offsets[(i + 1) * offsetStride]!);
    }
    set.fetch(hashes, to - from);
    for (let i = from, k = 0; i < to; i++, k++) {
      numbers[k] = -1;
      if (valid !== null && valid[i] === 0) continue;
      const number = set.addText(hashes[k]!, view, offsets[i * offsetStride]!, offsets[(i + 1) * offsetStride]!);
      if (number < 0) return false;
      numbers[k] = number;
    }
    return true;
  }

  private hashWords(words: Int32Array, start: number, stride: number, rows: number): void {
    const { hashes } = this;
    for (let k = 0, at = start; k < rows; k++, at += stride) hashes[k] = hashOfWords(words, at, stride);
  }

  private numberWords(
    { valid }: ColumnChunk,
    words: Int32Array,
    start: number,
    stride: number,
    from: number,
    to: number,
  ): boolean {
    const { set, numbers, hashes } = this;
    set.fetch(hashes, to - from);
    for (let i = from, k = 0, at = start; i < to; i++, k++, at += stride) {
      numbers[k] = -1;
      if (valid !== null && valid[i] === 0) continue;
      const number = set.addWords(hashes[k]!, words, at, stride);
      if (number < 0) return false;
      numbers[k] = number;
    }
    return true;
  }

  /** Adding 0 turns -0 into 0; there are many NaN and one is chosen. */
  private layOutNumbers({ numbers }: ColumnChunk, from: number, to: number): void {
    const { floats } = this;
    for (let i = from, k = 0; i < to; i++, k++) {
      const value = numbers[i]!;
      floats[k] = value === value ? value + 0 : NaN;
    }
  }

  private numberCodes(chunk: ColumnChunk, from: number, to: number): boolean {
    this.knowEntries(chunk.entries!);
    const { codes, valid } = chunk;
    const { numberOfEntry, numbers } = this;
    const pending: number[] = [];
    for (let i = from; i < to; i++) {
      if ((valid !== null && valid[i] === 0) || numberOfEntry[codes[i]!] !== UNSEEN) continue;
      numberOfEntry[codes[i]!] = PENDING;
      pending.push(codes[i]!);
    }
    if (pending.length > 0) {
      const first = gather(chunk.entries!, Int32Array.from(pending), this.stride);
      if (!this.number(first, 0, pending.length)) return false;
      for (let k = 0; k < pending.length; k++) numberOfEntry[pending[k]!] = numbers[k]!;
    }
    for (let i = from, k = 0; i < to; i++, k++) {
      numbers[k] = valid !== null && valid[i] === 0 ? -1 : numberOfEntry[codes[i]!]!;
    }
    return true;
  }

  private knowEntries(entries: ColumnChunk): void {
    if (this.entries !== entries) [this.entries, this.known] = [entries, 0];
    if (this.numberOfEntry.length < entries.length) {
      const larger = new Int32Array(entries.length * 2);
      larger.set(this.numberOfEntry.subarray(0, this.known));
      this.numberOfEntry = larger;
    }
    this.numberOfEntry.fill(UNSEEN, this.known, entries.length);
    this.known = entries.length;
  }
}
