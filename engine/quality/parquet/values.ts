import { emptyChunk, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import type { ParquetColumn } from './footer.js';
import { decodeDecimals, decodeHalves, decodeInt96 } from './wide-values.js';
import { decodeHybrid } from './levels.js';

/**
 * Decodes `count` values in the encoding PLAIN, none of them null.
 * @throws RangeError where the bytes end before
 */
export function decodePlain(bytes: Uint8Array, count: number, column: ParquetColumn, kind: ColumnKind): ColumnChunk {
  const { typeLength } = column;
  const physical = column.physical!;
  const chunk = emptyChunk(kind.layout);
  chunk.length = count;
  if (kind.domain === 'decimal') {
    chunk.words = decodeDecimals(bytes, count, column, kind.stride);
    return chunk;
  }
  switch (physical) {
    case 'INT64':
      chunk.words = new Int32Array(aligned(bytes, count * 8).buffer);
      return chunk;
    case 'INT32': {
      const { buffer } = aligned(bytes, count * 4);
      chunk.numbers = Float64Array.from(kind.unsigned ? new Uint32Array(buffer) : new Int32Array(buffer));
      return chunk;
    }
    case 'FLOAT':
      chunk.numbers = Float64Array.from(new Float32Array(aligned(bytes, count * 4).buffer));
      return chunk;
    case 'DOUBLE':
      chunk.numbers = new Float64Array(aligned(bytes, count * 8).buffer);
      return chunk;
    case 'BOOLEAN':
      if (count > bytes.length * 8) throw new RangeError('a page is cut off');
      chunk.numbers = new Float64Array(count);
      for (let i = 0; i < count; i++) chunk.numbers[i] = (bytes[i >> 3]! >> (i & 7)) & 1;
      return chunk;
    case 'BYTE_ARRAY':
      return decodeTexts(bytes, count, chunk);
    case 'INT96':
      chunk.words = decodeInt96(aligned(bytes, count * 12), count);
      return chunk;
    case 'FIXED': {
      const { buffer } = aligned(bytes, count * typeLength);
      if (kind.layout === 'wide') chunk.words = new Int32Array(buffer);
      else if (kind.layout === 'number') chunk.numbers = decodeHalves(new Uint16Array(buffer));
      else {
        chunk.bytes = new Uint8Array(buffer);
        chunk.offsets = Int32Array.from({ length: count + 1 }, (_, i) => i * typeLength);
      }
      return chunk;
    }
    default:
      return physical satisfies never;
  }
}

/** Decodes booleans in the encoding RLE, which are preceded by their length. */
export function decodeRunBooleans(bytes: Uint8Array, count: number): ColumnChunk {
  const { values, greatest } = decodeHybrid(bytes, 4, bytes.length, 1, count);
  if (greatest > 1) throw new RangeError('a page is malformed');
  return { ...emptyChunk('number'), length: count, numbers: Float64Array.from(values) };
}

/** A copy of the first bytes at the start of a buffer, so that arrays of any width can be laid over it. */
function aligned(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  if (length > bytes.length) throw new RangeError('a page is cut off');
  return new Uint8Array(bytes.subarray(0, length));
}

/** Each text has its length before it, in 4 bytes; the lengths are taken out. */
function decodeTexts(bytes: Uint8Array, count: number, chunk: ColumnChunk): ColumnChunk {
  if (count * 4 > bytes.length) throw new RangeError('a page is cut off');
  const texts = new Uint8Array(bytes.length - count * 4);
  const offsets = new Int32Array(count + 1);
  let at = 0;
  let to = 0;
  for (let i = 0; i < count; i++) {
    const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    at += 4;
    if (length < 0 || at + length > bytes.length) throw new RangeError('a page is cut off');
    if (length < 32) for (let b = 0; b < length; b++) texts[to + b] = bytes[at + b]!;
    else texts.set(bytes.subarray(at, at + length), to);
    at += length;
    to += length;
    offsets[i + 1] = to;
  }
  chunk.bytes = texts;
  chunk.offsets = offsets;
  return chunk;
}
