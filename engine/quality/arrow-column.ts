import { DataType, Type, util, Vector, vectorFromArray, type Data } from 'apache-arrow';
import { expandBits } from './arrow-bits.js';
import { shortened } from './cell.js';
import { columnKind } from './arrow-kind.js';
import { emptyChunk, type ColumnChunk } from './column-chunk.js';
import type { ColumnKind } from './column-kind.js';
import { TextIndex } from './text-index.js';

/**
 * Brings the Arrow data of one column into the form of the kernels, batch by batch, without a look at single values through
 * Arrow’s own accessors. Honours the offset of slices in bitmaps.
 */
export class ColumnReader {
  readonly kind: ColumnKind;
  private readonly chunk: ColumnChunk;
  private valid = new Uint8Array(0);
  private numbers = new Float64Array(0);
  private codes = new Int32Array(0);
  private readonly textIndex: TextIndex | null;
  private dictionary: Vector | null = null;
  private dictionaryEntries: ColumnChunk | null = null;

  /**
   * @param type Arrow type of the column
   * @param indexTexts number the distinct texts of a plain text column, so that each is judged once
   */
  constructor(
    private readonly type: DataType,
    indexTexts = false,
  ) {
    this.kind = columnKind(type);
    this.chunk = emptyChunk(this.kind.layout);
    this.textIndex = indexTexts && this.kind.domain === 'text' ? new TextIndex() : null;
  }

  /** The chunk of `data`; the one returned before is overwritten. */
  read(data: Data): ColumnChunk {
    const chunk = this.chunk;
    chunk.layout = this.kind.layout;
    chunk.length = data.length;
    chunk.rowsOfEntry = null;
    chunk.range = undefined;
    this.readValidity(data);
    if (DataType.isDictionary(this.type)) this.readDictionary(data);
    else if (chunk.layout === 'number') this.readNumbers(data);
    else if (chunk.layout === 'wide')
      chunk.words = wordsOf(data.values as ArrayBufferView, data.length * this.kind.stride);
    else if (chunk.layout === 'text') this.readTexts(data);
    else chunk.opaque = (row) => shortened(String(new Vector([data]).get(row)));
    return chunk;
  }

  private readValidity(data: Data): void {
    const { chunk } = this;
    chunk.nullCount = data.typeId === Type.Null ? data.length : data.nullCount;
    chunk.valid = null;
    if (chunk.nullCount === 0) return;
    chunk.valid = this.valid = grown(this.valid, data.length);
    if (data.typeId === Type.Null) this.valid.fill(0, 0, data.length);
    else expandBits(data.nullBitmap, data.offset, data.length, this.valid);
  }

  private readNumbers(data: Data): void {
    this.chunk.numbers = this.numbers = grown(this.numbers, data.length);
    if (data.typeId === Type.Bool) expandBits(data.values as Uint8Array, data.offset, data.length, this.numbers);
    else if (DataType.isFloat(data.type) && data.values instanceof Uint16Array) {
      for (let i = 0; i < data.length; i++) this.numbers[i] = util.uint16ToFloat64(data.values[i]!);
    } else this.numbers.set((data.values as Float64Array).subarray(0, data.length));
  }

  private readTexts(data: Data): void {
    const { chunk } = this;
    if (DataType.isUtf8View(data.type) || DataType.isBinaryView(data.type)) copyViews(data, chunk);
    else if (DataType.isFixedSizeBinary(data.type)) {
      const { byteWidth } = data.type;
      chunk.bytes = data.values as Uint8Array;
      chunk.offsets = Int32Array.from({ length: data.length + 1 }, (_, i) => i * byteWidth);
      chunk.offsetStride = 1;
    } else {
      const offsets = data.valueOffsets as Int32Array | BigInt64Array;
      chunk.bytes = data.values as Uint8Array;
      // A batch in memory is below 2 GiB, so the low word of a 64-bit offset is the offset.
      const wide = offsets instanceof BigInt64Array;
      chunk.offsets = wide ? wordsOf(offsets, (data.length + 1) * 2) : offsets;
      chunk.offsetStride = wide ? 2 : 1;
    }
    this.textIndex?.number(chunk);
  }

  private readDictionary(data: Data): void {
    const { chunk } = this;
    const entries = this.entriesOf(data.dictionary!);
    const codes = (this.codes = grown(this.codes, data.length));
    const indices = data.values as Int32Array | BigInt64Array;
    if (indices instanceof BigInt64Array || indices instanceof BigUint64Array) {
      const words = wordsOf(indices, data.length * 2);
      for (let i = 0; i < data.length; i++) codes[i] = words[2 * i]!;
    } else codes.set(indices.subarray(0, data.length));
    chunk.layout = 'codes';
    chunk.codes = codes;
    chunk.entries = entries;
    if (chunk.valid) for (let i = 0; i < data.length; i++) if (chunk.valid[i] === 0) codes[i] = 0;
    if (entries.valid) this.foldNullEntries(codes, entries.valid);
  }

  /** A row whose dictionary entry is null is null. */
  private foldNullEntries(codes: Int32Array, entryValid: Uint8Array): void {
    const { chunk } = this;
    const valid = chunk.valid ?? (this.valid = grown(this.valid, chunk.length)).fill(1, 0, chunk.length);
    let nulls = 0;
    for (let i = 0; i < chunk.length; i++) nulls += 1 - (valid[i] = valid[i]! & entryValid[codes[i]!]!);
    chunk.valid = nulls > 0 ? valid : null;
    chunk.nullCount = nulls;
  }

  private entriesOf(dictionary: Vector): ColumnChunk {
    if (this.dictionary === dictionary && this.dictionaryEntries) return this.dictionaryEntries;
    const whole =
      dictionary.data.length === 1 ? dictionary : vectorFromArray([...dictionary] as unknown[], dictionary.type);
    this.dictionary = dictionary;
    this.dictionaryEntries = new ColumnReader(dictionary.type as DataType).read(whole.data[0] as Data);
    return this.dictionaryEntries;
  }
}

/** The 32-bit words under a typed array. */
function wordsOf(array: ArrayBufferView, count: number): Int32Array {
  if (array.byteOffset % 4 === 0) return new Int32Array(array.buffer, array.byteOffset, count);
  const bytes = new Uint8Array(array.buffer, array.byteOffset, count * 4);
  return new Int32Array(bytes.slice().buffer);
}

/** Lays the values of a view column one behind the other, as other text columns have them. */
function copyViews(data: Data, chunk: ColumnChunk): void {
  const views = wordsOf(data.values as Uint8Array, data.length * 4);
  const inline = new Uint8Array(views.buffer, views.byteOffset, data.length * 16);
  let total = 0;
  for (let i = 0; i < data.length; i++) total += chunk.valid?.[i] === 0 ? 0 : views[i * 4]!;
  const bytes = new Uint8Array(total);
  const offsets = new Int32Array(data.length + 1);
  for (let i = 0, at = 0; i < data.length; i++) {
    const size = chunk.valid?.[i] === 0 ? 0 : views[i * 4]!;
    const source = size <= 12 ? inline : data.variadicBuffers[views[i * 4 + 2]!]!;
    const from = size <= 12 ? i * 16 + 4 : views[i * 4 + 3]!;
    bytes.set(source.subarray(from, from + size), at);
    offsets[i + 1] = at += size;
  }
  chunk.bytes = bytes;
  chunk.offsets = offsets;
  chunk.offsetStride = 1;
}

function grown<T extends Uint8Array | Float64Array | Int32Array>(array: T, length: number): T {
  return array.length >= length ? array : new (array.constructor as new (length: number) => T)(length);
}
