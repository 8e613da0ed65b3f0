import { BLOCK_ROWS } from './blocks.js';
import { ByteSet } from './byte-set.js';
import { emptyChunk, type ColumnChunk } from './column-chunk.js';

/** Distinct texts of a column are remembered up to this much memory; past it, each row is judged by itself. */
const TEXT_INDEX_BYTES = 8 << 20;

/** Numbers the distinct texts of a plain text column, so that each is judged once, however many rows have it. */
export class TextIndex {
  private set: ByteSet | null = new ByteSet(TEXT_INDEX_BYTES);
  private readonly short = new ShortTexts();
  private readonly entries = emptyChunk('text');
  private codes = new Int32Array(0);

  /** Turns a chunk of texts into codes; leaves it where there are too many distinct texts to be worth it. */
  number(chunk: ColumnChunk): void {
    const { set, entries } = this;
    if (set === null) return;
    const { bytes, length } = chunk;
    if (this.codes.length < length) this.codes = new Int32Array(length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let from = 0; from < length; from += BLOCK_ROWS) {
      if (this.numberRows(chunk, view, set, from, Math.min(length, from + BLOCK_ROWS))) continue;
      this.set = null;
      return;
    }
    entries.bytes = set.bytes;
    entries.offsets = set.offsets;
    entries.length = set.size;
    chunk.layout = 'codes';
    chunk.codes = this.codes;
    chunk.entries = entries;
  }

  /** @returns false where there is no room for another text */
  private numberRows(chunk: ColumnChunk, view: DataView, set: ByteSet, from: number, to: number): boolean {
    const { bytes, offsets, offsetStride, valid } = chunk;
    const { codes, short } = this;
    // Of each short text two words are read, also where it has fewer bytes.
    const lastShort = bytes.length - 8;
    let start = offsets[from * offsetStride]!;
    for (let i = from, at = (from + 1) * offsetStride; i < to; i++, at += offsetStride) {
      const end = offsets[at]!;
      let code = 0;
      if (valid === null || valid[i] === 1) {
        const isShort = end - start <= SHORT_BYTES && start <= lastShort;
        code = isShort ? short.find(view, start, end - start) : -1;
        if (code < 0) {
          code = set.add(bytes, start, end);
          if (code < 0) return false;
          if (isShort) short.put(view, start, end - start, code);
        }
      }
      codes[i] = code;
      start = end;
    }
    return true;
  }
}

/** Texts of so many bytes at most are compared as two words, the second with the size in its highest byte. */
const SHORT_BYTES = 7;

/** What of each of the two words belongs to a text of so many bytes. */
const FIRST_WORD = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1);
const SECOND_WORD = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff);

const SLOT_BITS = 14;

/** The codes of short texts that were seen lately: each text has two places, which those that belong there share. */
class ShortTexts {
  /** Of each slot the two words of its text, and the code plus 1; one word is not used. */
  private readonly slots = new Int32Array(4 << SLOT_BITS);

  /** The code of a text, or -1; eight bytes from `start` on must be there. */
  find(view: DataView, start: number, size: number): number {
    const { slots } = this;
    const first = view.getInt32(start, true) & FIRST_WORD[size]!;
    const second = (size << 24) | (size <= 4 ? 0 : view.getInt32(start + 4, true) & SECOND_WORD[size]!);
    const at = slotOf(first, second);
    if (slots[at] === first && slots[at + 1] === second) return slots[at + 2]! - 1;
    const other = at ^ 4;
    return slots[other] === first && slots[other + 1] === second ? slots[other + 2]! - 1 : -1;
  }

  put(view: DataView, start: number, size: number, code: number): void {
    const first = view.getInt32(start, true) & FIRST_WORD[size]!;
    const second = (size << 24) | (view.getInt32(start + 4, true) & SECOND_WORD[size]!);
    let at = slotOf(first, second);
    // What is in the first place moves to the second, so that the one that was seen last is found first.
    this.slots.copyWithin(at ^ 4, at, at + 4);
    this.slots[at++] = first;
    this.slots[at++] = second;
    this.slots[at] = code + 1;
  }
}

function slotOf(first: number, second: number): number {
  return (Math.imul(first ^ Math.imul(second, 0x85ebca6b), 0x9e3779b1) >>> (32 - SLOT_BITS)) << 2;
}
