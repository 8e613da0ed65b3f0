import { expandBits } from '../arrow-bits.js';
import { BLOCK_ROWS } from '../blocks.js';
import { emptyChunk, gather, type ColumnChunk } from '../column-chunk.js';
import { decodeHalves } from '../parquet/wide-values.js';
import type { ColumnPlace, RecordBatch } from './record-batch.js';
import { TYPE } from './schema.js';

/** The values of a dictionary by its number. */
export type Dictionaries = (id: number) => ColumnChunk;

/**
 * Reads a column of a batch. What lengths and offsets promise is held against what is there, since a loop over a corrupted column
 * would run past its end.
 * @throws RangeError where the column contradicts itself
 */
export function readColumn(batch: RecordBatch, place: ColumnPlace, dictionaries: Dictionaries): ColumnChunk {
  const { field, length, buffer } = place;
  if (field.type === TYPE.RUN_END_ENCODED && field.dictionary === null) return readRuns(batch, place, dictionaries);
  const chunk = emptyChunk(field.kind.layout);
  chunk.length = length;
  readValidity(batch, place, chunk);
  if (field.dictionary !== null) return readCodes(batch, place, chunk, dictionaries(field.dictionary.id));
  const { layout } = field.kind;
  if (layout === 'wide') {
    const words = length * field.kind.stride;
    chunk.words = new Int32Array(batch.bytes(buffer + 1, words * 4).buffer, 0, words);
  } else if (layout === 'number') chunk.numbers = readNumbers(batch, place);
  else if (layout === 'text') readTexts(batch, place, chunk);
  else chunk.opaque = () => `(${field.kind.name})`;
  return chunk;
}

function readValidity(batch: RecordBatch, { field, length, nullCount, buffer }: ColumnPlace, chunk: ColumnChunk): void {
  if (field.type === TYPE.UNION && field.dictionary === null) return;
  const isNull = field.type === TYPE.NULL && field.dictionary === null;
  chunk.nullCount = isNull ? length : nullCount;
  if (chunk.nullCount === 0) return;
  chunk.valid = new Uint8Array(length);
  if (isNull) return;
  const bits = batch.bytes(buffer, Math.ceil(length / 8));
  expandBits(bits, 0, length, chunk.valid);
  let nulls = length;
  for (let i = 0; i < length; i++) nulls -= chunk.valid[i]!;
  chunk.nullCount = nulls;
  if (nulls === 0) chunk.valid = null;
}

function readNumbers(batch: RecordBatch, { field, length, buffer }: ColumnPlace): Float64Array {
  if (field.type === TYPE.BOOL) {
    const numbers = new Float64Array(length);
    expandBits(batch.bytes(buffer + 1, Math.ceil(length / 8)), 0, length, numbers);
    return numbers;
  }
  const { bits, signed } = field;
  const memory = batch.bytes(buffer + 1, (length * bits) / 8).buffer;
  if (field.type !== TYPE.FLOAT) return new Float64Array(integersOf(memory, bits, signed, length));
  if (bits === 64) return new Float64Array(memory, 0, length);
  return bits === 32
    ? new Float64Array(new Float32Array(memory, 0, length))
    : decodeHalves(new Uint16Array(memory, 0, length));
}

function integersOf(memory: ArrayBuffer, bits: number, signed: boolean, length: number) {
  if (bits === 8) return new (signed ? Int8Array : Uint8Array)(memory, 0, length);
  if (bits === 16) return new (signed ? Int16Array : Uint16Array)(memory, 0, length);
  return new (signed ? Int32Array : Uint32Array)(memory, 0, length);
}

function readTexts(batch: RecordBatch, place: ColumnPlace, chunk: ColumnChunk): void {
  const { field, length, buffer } = place;
  const { type, byteWidth } = field;
  if (type === TYPE.UTF8_VIEW || type === TYPE.BINARY_VIEW) return readViews(batch, place, chunk);
  if (type === TYPE.FIXED_BINARY) {
    chunk.bytes = batch.bytes(buffer + 1, length * byteWidth);
    chunk.offsets = Int32Array.from({ length: length + 1 }, (_, i) => i * byteWidth);
    return;
  }
  const words = type === TYPE.LARGE_UTF8 || type === TYPE.LARGE_BINARY ? 2 : 1;
  const offsetBytes = (length + 1) * words * 4;
  // An array without rows may come without its one offset.
  const offsets =
    length === 0 ? new Int32Array(2) : new Int32Array(batch.bytes(buffer + 1, offsetBytes).buffer, 0, offsetBytes / 4);
  chunk.bytes = batch.bytes(buffer + 2, 0);
  chunk.offsets = offsets;
  chunk.offsetStride = words;
  refuseBrokenOffsets(offsets, length, words, chunk.bytes.length);
}

/** Texts are below 2 GiB, so the low word of an offset of 64 bits is the offset. */
function refuseBrokenOffsets(offsets: Int32Array, length: number, words: 1 | 2, bytes: number): void {
  for (let from = 0; from < length; from += BLOCK_ROWS) {
    const to = Math.min(length, from + BLOCK_ROWS);
    const isBroken = words === 1 ? descends(offsets, from, to) : descendsWide(offsets, from, to);
    if (isBroken) throw new RangeError('a column contradicts itself');
  }
  const last = offsets[length * words]!;
  if (last < 0 || last > bytes) throw new RangeError('a column contradicts itself');
}

/** Without a branch: almost no column is broken. */
function descends(offsets: Int32Array, from: number, to: number): boolean {
  let before = offsets[from]!;
  let broken = before;
  for (let i = from + 1; i <= to; i++) {
    const next = offsets[i]!;
    broken |= next | (next - before);
    before = next;
  }
  return broken < 0;
}

function descendsWide(offsets: Int32Array, from: number, to: number): boolean {
  let before = offsets[2 * from]!;
  let broken = before;
  let high = offsets[2 * from + 1]!;
  for (let at = 2 * from + 2; at <= 2 * to; at += 2) {
    const next = offsets[at]!;
    broken |= next | (next - before);
    high |= offsets[at + 1]!;
    before = next;
  }
  return broken < 0 || high !== 0;
}

/** A view is four words: the size, and for more than 12 bytes a prefix, the number of a buffer and the position in it. */
function readViews(batch: RecordBatch, { length, buffer, views: buffers }: ColumnPlace, chunk: ColumnChunk): void {
  const inline = batch.bytes(buffer + 1, length * 16);
  const views = new Int32Array(inline.buffer, 0, length * 4);
  const sources = Array.from({ length: buffers }, (_, i) => batch.bytes(buffer + 2 + i, 0));
  let total = 0;
  for (let i = 0; i < length; i++) {
    if (chunk.valid?.[i] === 0) continue;
    const size = views[i * 4]!;
    const from = views[i * 4 + 3]!;
    const source = size > 12 ? sources[views[i * 4 + 2]!] : undefined;
    if (size < 0 || (size > 12 && (source === undefined || from < 0 || from + size > source.length))) {
      throw new RangeError('a column contradicts itself');
    }
    total += size;
  }
  // Many views may share bytes, but are laid one behind the other.
  if (total >= 2 ** 31) throw new RangeError('the texts of a batch have more than 2 GiB');
  const bytes = new Uint8Array(total);
  const offsets = new Int32Array(length + 1);
  for (let i = 0, at = 0; i < length; i++) {
    const size = chunk.valid?.[i] === 0 ? 0 : views[i * 4]!;
    const source = size <= 12 ? inline : sources[views[i * 4 + 2]!]!;
    const from = size <= 12 ? i * 16 + 4 : views[i * 4 + 3]!;
    if (size <= 12) for (let b = 0; b < size; b++) bytes[at + b] = source[from + b]!;
    else bytes.set(source.subarray(from, from + size), at);
    offsets[i + 1] = at += size;
  }
  chunk.bytes = bytes;
  chunk.offsets = offsets;
}

function readCodes(batch: RecordBatch, place: ColumnPlace, chunk: ColumnChunk, entries: ColumnChunk): ColumnChunk {
  const { length, buffer } = place;
  const { bits, signed } = place.field.dictionary!;
  const memory = batch.bytes(buffer + 1, (length * bits) / 8).buffer;
  const codes = bits === 32 ? new Int32Array(memory, 0, length) : new Int32Array(length);
  if (bits === 64) {
    const words = new Int32Array(memory, 0, length * 2);
    for (let i = 0; i < length; i++) codes[i] = words[2 * i + 1] === 0 ? words[2 * i]! : -1;
  } else if (bits !== 32) codes.set(integersOf(memory, bits, signed, length));
  const { valid } = chunk;
  // Codes of rows without a value may be anything.
  if (valid !== null) for (let i = 0; i < length; i++) if (valid[i] === 0) codes[i] = 0;
  if (chunk.nullCount < length) {
    for (let from = 0; from < length; from += BLOCK_ROWS) {
      const isBroken = hasUnknownCode(codes, valid, entries.length - 1, from, Math.min(length, from + BLOCK_ROWS));
      if (isBroken) throw new RangeError('a column contradicts itself');
    }
  }
  chunk.layout = 'codes';
  chunk.codes = codes;
  chunk.entries = entries;
  if (entries.valid !== null) foldNullEntries(chunk, codes, entries.valid);
  return chunk;
}

/** Whether a row with a value has a code below 0 or above `last`. */
function hasUnknownCode(codes: Int32Array, valid: Uint8Array | null, last: number, from: number, to: number): boolean {
  let broken = 0;
  if (valid === null) for (let i = from; i < to; i++) broken |= codes[i]! | (last - codes[i]!);
  else for (let i = from; i < to; i++) broken |= (codes[i]! | (last - codes[i]!)) & -valid[i]!;
  return broken < 0;
}

/** A row whose dictionary entry is null is null. */
function foldNullEntries(chunk: ColumnChunk, codes: Int32Array, entryValid: Uint8Array): void {
  const valid = chunk.valid ?? new Uint8Array(chunk.length).fill(1);
  let nulls = 0;
  for (let i = 0; i < chunk.length; i++) nulls += 1 - (valid[i] = valid[i]! & (entryValid[codes[i]!] ?? 0));
  chunk.valid = nulls > 0 ? valid : null;
  chunk.nullCount = nulls;
}

/** Runs of equal values, given by where each ends. */
function readRuns(batch: RecordBatch, place: ColumnPlace, dictionaries: Dictionaries): ColumnChunk {
  const [ends, values] = place.children as [ColumnPlace, ColumnPlace];
  const { bits } = ends.field;
  if (ends.field.type !== TYPE.INT || ends.nullCount > 0) throw new RangeError('a column contradicts itself');
  const memory = batch.bytes(ends.buffer + 1, (ends.length * bits) / 8).buffer;
  const endOf = (run: number) => (bits === 64 ? Number(new BigInt64Array(memory, run * 8, 1)[0]) : integers![run]!);
  const integers = bits === 64 ? null : integersOf(memory, bits, true, ends.length);
  const rows = new Int32Array(place.length);
  let row = 0;
  for (let run = 0; run < ends.length && row < place.length; run++) {
    const end = endOf(run);
    if (end <= row || run >= values.length) throw new RangeError('a column contradicts itself');
    rows.fill(run, row, Math.min(end, place.length));
    row = Math.min(end, place.length);
  }
  if (row < place.length) throw new RangeError('a column contradicts itself');
  return gather(readColumn(batch, values, dictionaries), rows, place.field.kind.stride);
}
