import { ByteSet } from './byte-set.js';
import { emptyChunk, type ColumnChunk } from './column-chunk.js';

/** Distinct texts of a column are remembered up to this much memory; past it, each row is judged by itself. */
const TEXT_INDEX_BYTES = 8 << 20;

/** Numbers the distinct texts of a plain text column, so that each is judged once, however many rows have it. */
export class TextIndex {
  private set: ByteSet | null = new ByteSet(TEXT_INDEX_BYTES);
  private readonly entries = emptyChunk('text');
  private codes = new Int32Array(0);

  /** Turns a chunk of texts into codes; leaves it where there are too many distinct texts to be worth it. */
  number(chunk: ColumnChunk): void {
    const { set, entries } = this;
    if (set === null) return;
    const { bytes, offsets, offsetStride, valid, length } = chunk;
    if (this.codes.length < length) this.codes = new Int32Array(length);
    const { codes } = this;
    for (let i = 0, at = 0; i < length; i++, at += offsetStride) {
      if (valid !== null && valid[i] === 0) {
        codes[i] = 0;
        continue;
      }
      const code = set.add(bytes, offsets[at]!, offsets[at + offsetStride]!);
      if (code < 0) {
        this.set = null;
        return;
      }
      codes[i] = code;
    }
    entries.bytes = set.bytes;
    entries.offsets = set.offsets;
    entries.length = set.size;
    chunk.layout = 'codes';
    chunk.codes = codes;
    chunk.entries = entries;
  }
}
