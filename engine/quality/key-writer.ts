import type { ColumnChunk } from './column-chunk.js';
import type { ColumnKind } from './column-kind.js';

/** Lays the values of a row one behind the other; texts are preceded by their length, so that no two rows are confused. */
export class KeyWriter {
  bytes = new Uint8Array(256);
  length = 0;
  private readonly number = new Float64Array(1);
  private readonly numberBytes = new Uint8Array(this.number.buffer);

  /** Lays out a row; with `markNulls`, a byte before each value tells whether there is one. */
  write(chunks: readonly ColumnChunk[], strides: readonly number[], row: number, markNulls = false): void {
    this.length = 0;
    for (let c = 0; c < chunks.length; c++) {
      if (markNulls) {
        const isNull = chunks[c]!.valid?.[row] === 0;
        this.reserve(1);
        this.bytes[this.length++] = isNull ? 0 : 1;
        if (isNull) continue;
      }
      this.append(chunks[c]!, row, strides[c]!);
    }
  }

  private append(column: ColumnChunk, rowOfColumn: number, stride: number): void {
    const row = column.layout === 'codes' ? column.codes[rowOfColumn]! : rowOfColumn;
    const chunk = column.layout === 'codes' ? column.entries! : column;
    if (chunk.layout === 'text') {
      const from = chunk.offsets[row * chunk.offsetStride]!;
      const to = chunk.offsets[(row + 1) * chunk.offsetStride]!;
      this.reserve(to - from + 4);
      this.writeWord(to - from);
      for (let i = from; i < to; i++) this.bytes[this.length++] = chunk.bytes[i]!;
    } else if (chunk.layout === 'wide') {
      this.reserve(stride * 4);
      for (let i = row * stride; i < (row + 1) * stride; i++) this.writeWord(chunk.words[i]!);
    } else {
      const value = chunk.numbers[row]!;
      this.reserve(8);
      // Adding 0 turns -0 into 0; there are many NaN and one is chosen.
      this.number[0] = value === value ? value + 0 : NaN;
      for (let i = 0; i < 8; i++) this.bytes[this.length++] = this.numberBytes[i]!;
    }
  }

  private writeWord(word: number): void {
    this.bytes[this.length++] = word;
    this.bytes[this.length++] = word >> 8;
    this.bytes[this.length++] = word >> 16;
    this.bytes[this.length++] = word >> 24;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array((this.length + more) * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Whether one of the columns is null in a row. */
export function hasNull(chunks: readonly ColumnChunk[], row: number): boolean {
  for (let c = 0; c < chunks.length; c++) {
    const { valid } = chunks[c]!;
    if (valid !== null && valid[row] === 0) return true;
  }
  return false;
}

/** Types of columns as far as they decide whether keys are comparable. */
export function keyTypes(kinds: readonly ColumnKind[]): string {
  return kinds
    .map(({ domain, layout, stride, unitNs, scale, unsigned }) =>
      layout === 'wide' ? `${domain}:${stride}:${unitNs}:${scale}${unsigned ? ':unsigned' : ''}` : domain,
    )
    .join(', ');
}
