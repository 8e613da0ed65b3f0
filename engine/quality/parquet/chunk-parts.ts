import { emptyChunk, gather, type ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';

/** Rows `from` to `from + length` of a chunk, as views where that is possible. */
export function sliceChunk(chunk: ColumnChunk, from: number, length: number, stride: number): ColumnChunk {
  if (from === 0 && length === chunk.length) return chunk;
  const to = from + length;
  const valid = chunk.valid?.subarray(from, to) ?? null;
  let nullCount = 0;
  if (valid !== null) for (let i = 0; i < length; i++) nullCount += 1 - valid[i]!;
  return {
    ...emptyChunk(chunk.layout),
    length,
    nullCount,
    valid: nullCount === 0 ? null : valid,
    numbers: chunk.layout === 'number' ? chunk.numbers.subarray(from, to) : chunk.numbers,
    words: chunk.layout === 'wide' ? chunk.words.subarray(from * stride, to * stride) : chunk.words,
    bytes: chunk.bytes,
    offsets: chunk.layout === 'text' ? chunk.offsets.subarray(from, to + 1) : chunk.offsets,
    codes: chunk.layout === 'codes' ? chunk.codes.subarray(from, to) : chunk.codes,
    entries: chunk.entries,
  };
}

/** Parts of one column one behind the other. Where only some have codes, all get their values. */
export function joinChunks(parts: readonly ColumnChunk[], kind: ColumnKind): ColumnChunk {
  if (parts.length === 1) return parts[0]!;
  const isCoded = parts.every((part) => part.layout === 'codes' && part.entries === parts[0]!.entries);
  const same = isCoded ? parts : parts.map((part) => plainChunk(part, kind));
  const length = same.reduce((sum, part) => sum + part.length, 0);
  const chunk = { ...emptyChunk(isCoded ? 'codes' : kind.layout), length, entries: isCoded ? parts[0]!.entries : null };
  chunk.nullCount = same.reduce((sum, part) => sum + part.nullCount, 0);
  if (chunk.nullCount > 0) chunk.valid = joinValidity(same, length);
  switch (chunk.layout) {
    case 'codes':
      chunk.codes = fill(
        new Int32Array(length),
        same.map((part) => part.codes.subarray(0, part.length)),
      );
      return chunk;
    case 'number':
      chunk.numbers = fill(
        new Float64Array(length),
        same.map((part) => part.numbers.subarray(0, part.length)),
      );
      return chunk;
    case 'wide': {
      const words = same.map((part) => part.words.subarray(0, part.length * kind.stride));
      chunk.words = fill(new Int32Array(length * kind.stride), words);
      return chunk;
    }
    case 'text':
      return joinTexts(same, chunk);
    case 'opaque':
      return chunk;
    default:
      return chunk.layout satisfies never;
  }
}

/** A chunk with its values in place of codes. */
export function plainChunk(part: ColumnChunk, kind: ColumnKind): ColumnChunk {
  if (part.layout !== 'codes') return part;
  // Codes of rows that are null may be of no entry at all.
  const chunk =
    part.entries!.length === 0
      ? emptyChunk(kind.layout)
      : gather(part.entries!, part.codes.subarray(0, part.length), kind.stride);
  return { ...chunk, length: part.length, valid: part.valid, nullCount: part.nullCount };
}

function joinValidity(parts: readonly ColumnChunk[], length: number): Uint8Array {
  const valid = new Uint8Array(length).fill(1);
  let at = 0;
  for (const part of parts) {
    if (part.valid !== null) valid.set(part.valid.subarray(0, part.length), at);
    at += part.length;
  }
  return valid;
}

function joinTexts(parts: readonly ColumnChunk[], chunk: ColumnChunk): ColumnChunk {
  const sizes = parts.map(({ offsets, length }) => (length === 0 ? 0 : offsets[length]! - offsets[0]!));
  chunk.bytes = new Uint8Array(sizes.reduce((sum, size) => sum + size, 0));
  chunk.offsets = new Int32Array(chunk.length + 1);
  let [row, at] = [0, 0];
  parts.forEach(({ bytes, offsets, length }, p) => {
    const base = offsets[0] ?? 0;
    chunk.bytes.set(bytes.subarray(base, base + sizes[p]!), at);
    for (let i = 0; i < length; i++) chunk.offsets[++row] = offsets[i + 1]! - base + at;
    at += sizes[p]!;
  });
  return chunk;
}

function fill<T extends Int32Array | Float64Array>(into: T, parts: readonly T[]): T {
  let at = 0;
  for (const part of parts) {
    into.set(part, at);
    at += part.length;
  }
  return into;
}
