import { BLOCK_ROWS } from './blocks.js';
import type { Layout } from './column-kind.js';
import type { Json } from './json.js';

/**
 * A run of rows of one column in the form that kernels read: always the same object shape and few kinds of arrays, so that the
 * loops stay monomorphic. Arrays may be longer than `length`, and belong to the reader until its next `read`.
 */
export interface ColumnChunk {
  /** `codes`: each row’s value is the entry of `entries` with the number `codes[row]`. */
  layout: Layout | 'codes';
  length: number;
  nullCount: number;
  /** A byte a row, 1 where there is a value; null where every row has one. */
  valid: Uint8Array | null;
  numbers: Float64Array;
  words: Int32Array;
  bytes: Uint8Array;
  /** Value `i` of a text column lies between `offsets[i * offsetStride]` and `offsets[(i + 1) * offsetStride]`. */
  offsets: Int32Array;
  offsetStride: 1 | 2;
  codes: Int32Array;
  /** The distinct values. The same object is kept while entries are only added at its end. */
  entries: ColumnChunk | null;
  /** For `codes`: rows of each entry, nulls left out, once `countCodes` was asked for it. */
  rowsOfEntry: Int32Array | null;
  /** For `wide`, of two words: what `narrowRange` found, once it was asked for. */
  range: NarrowRange | null | undefined;
  /** For `opaque`: one value as JSON, for examples. */
  opaque: ((row: number) => Json) | null;
}

/** Of integers that fit into 32 bits each. */
export interface NarrowRange {
  least: number;
  greatest: number;
  /** Exact up to four million rows. */
  sum: number;
}

const NONE = {
  numbers: new Float64Array(0),
  words: new Int32Array(0),
  bytes: new Uint8Array(0),
  offsets: new Int32Array(0),
  codes: new Int32Array(0),
};

export function emptyChunk(layout: ColumnChunk['layout']): ColumnChunk {
  return {
    layout,
    length: 0,
    nullCount: 0,
    valid: null,
    ...NONE,
    offsetStride: 1,
    entries: null,
    rowsOfEntry: null,
    range: undefined,
    opaque: null,
  };
}

/**
 * The rows of a chunk whose numbers are in `rows`, in that order. Distinct values stay the same object, so what was judged of them
 * holds on.
 */
export function gather(chunk: ColumnChunk, rows: Int32Array, stride: number): ColumnChunk {
  const { length } = rows;
  const out = { ...emptyChunk(chunk.layout), length, entries: chunk.entries };
  if (chunk.valid !== null) {
    const valid = new Uint8Array(length);
    for (let i = 0; i < length; i++) out.nullCount += 1 - (valid[i] = chunk.valid[rows[i]!]!);
    out.valid = out.nullCount > 0 ? valid : null;
  }
  switch (chunk.layout) {
    case 'codes':
      out.codes = Int32Array.from(rows, (row) => chunk.codes[row]!);
      return out;
    case 'number':
      out.numbers = new Float64Array(length);
      for (let i = 0; i < length; i++) out.numbers[i] = chunk.numbers[rows[i]!]!;
      return out;
    case 'wide':
      out.words = new Int32Array(length * stride);
      for (let i = 0, at = 0; i < length; i++) {
        for (let from = rows[i]! * stride, to = from + stride; from < to; from++) out.words[at++] = chunk.words[from]!;
      }
      return out;
    case 'text':
      return gatherTexts(chunk, rows, out);
    case 'opaque':
      out.opaque = (row) => chunk.opaque?.(rows[row]!) ?? null;
      return out;
    default:
      return chunk.layout satisfies never;
  }
}

function gatherTexts(chunk: ColumnChunk, rows: Int32Array, out: ColumnChunk): ColumnChunk {
  const { offsets, offsetStride } = chunk;
  const sizeOf = (row: number) => offsets[(row + 1) * offsetStride]! - offsets[row * offsetStride]!;
  out.offsets = new Int32Array(rows.length + 1);
  for (let i = 0; i < rows.length; i++) out.offsets[i + 1] = out.offsets[i]! + sizeOf(rows[i]!);
  out.bytes = new Uint8Array(out.offsets[rows.length]!);
  for (let i = 0; i < rows.length; i++) {
    const from = offsets[rows[i]! * offsetStride]!;
    out.bytes.set(chunk.bytes.subarray(from, from + sizeOf(rows[i]!)), out.offsets[i]);
  }
  return out;
}

/** Rows of each entry of a chunk of codes, nulls left out; counted once, however many kernels ask. */
export function countCodes(chunk: ColumnChunk): Int32Array {
  if (chunk.rowsOfEntry !== null) return chunk.rowsOfEntry;
  const counts = new Int32Array(chunk.entries!.length);
  const { codes, valid, length } = chunk;
  if (valid === null) for (let i = 0; i < length; i++) counts[codes[i]!]!++;
  else for (let i = 0; i < length; i++) counts[codes[i]!]! += valid[i]!;
  return (chunk.rowsOfEntry = counts);
}

/**
 * Least and greatest of integers of two words, whatever stands in rows without a value included; looked for once, however many
 * kernels ask. Null where one does not fit into 32 bits with a sign, or there is none.
 */
export function narrowRange(chunk: ColumnChunk): NarrowRange | null {
  if (chunk.range === undefined) chunk.range = findNarrowRange(chunk);
  return chunk.range;
}

function findNarrowRange({ words, length }: ColumnChunk): NarrowRange | null {
  if (length === 0) return null;
  const range = { least: words[0]!, greatest: words[0]!, sum: 0 };
  for (let from = 0; from < length; from += BLOCK_ROWS) {
    if (!widenRange(range, words, from, Math.min(length, from + BLOCK_ROWS))) return null;
  }
  return range;
}

/** Takes in rows; false where one does not fit into 32 bits. */
function widenRange(range: NarrowRange, words: Int32Array, from: number, to: number): boolean {
  let { least, greatest, sum } = range;
  let beyond = 0;
  for (let at = 2 * from; at < 2 * to; at += 2) {
    const value = words[at]!;
    beyond |= words[at + 1]! ^ (value >> 31);
    if (value < least) least = value;
    if (value > greatest) greatest = value;
    sum += value;
  }
  range.least = least;
  range.greatest = greatest;
  range.sum = sum;
  return beyond === 0;
}
