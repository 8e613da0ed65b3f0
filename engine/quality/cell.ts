import type { ColumnChunk } from './column-chunk.js';
import type { ColumnKind } from './column-kind.js';
import { formatInstantNs, formatTimeNs } from './literals.js';
import { unpackWide } from './wide.js';
import type { Json } from './json.js';

/** Texts in examples are cut at this length. */
const MAX_TEXT = 200;

/**
 * One value as JSON, for examples: instants and dates as ISO 8601, integers beyond 2^53 and decimals as text, NaN and the
 * infinities as text, bytes in hexadecimal. Slow; for the few rows that are shown.
 */
export function cellOf(chunk: ColumnChunk, kind: ColumnKind, row: number): Json {
  if (chunk.valid !== null && chunk.valid[row] === 0) return null;
  if (chunk.layout === 'codes') return cellOf(chunk.entries!, kind, chunk.codes[row]!);
  switch (chunk.layout) {
    case 'number':
      return numberCell(chunk.numbers[row]!, kind);
    case 'wide':
      return wideCell(unpackWide(chunk.words, row * kind.stride, kind.stride, kind.unsigned), kind);
    case 'text': {
      const [from, to] = [chunk.offsets[row * chunk.offsetStride]!, chunk.offsets[(row + 1) * chunk.offsetStride]!];
      const bytes = Buffer.from(chunk.bytes.buffer, chunk.bytes.byteOffset + from, to - from);
      return shortened(kind.domain === 'text' ? bytes.toString('utf8') : bytes.toString('hex'));
    }
    case 'opaque':
      return chunk.opaque?.(row) ?? null;
    default:
      return chunk.layout satisfies never;
  }
}

/** A number of a column of this kind as JSON. */
export function numberCell(value: number, kind: ColumnKind): Json {
  if (kind.domain === 'boolean') return value !== 0;
  if (kind.domain === 'date') return isoDate(BigInt(value) * kind.unitNs);
  if (kind.domain === 'time') return formatTimeNs(BigInt(value) * kind.unitNs);
  return Number.isFinite(value) ? value : String(value);
}

/** The stored integer of a column of this kind as JSON. */
export function wideCell(integer: bigint, kind: ColumnKind): Json {
  if (kind.domain === 'decimal') return decimalText(integer, kind.scale);
  if (kind.domain === 'instant') return formatInstantNs(integer * kind.unitNs);
  if (kind.domain === 'time') return formatTimeNs(integer * kind.unitNs);
  if (kind.domain === 'date') return isoDate(integer * kind.unitNs);
  if (kind.domain === 'binary') return BigInt.asUintN(kind.stride * 32, integer).toString(16);
  return integerCell(integer);
}

/** A number where it is exact, else text. */
export function integerCell(integer: bigint): Json {
  return integer >= -9007199254740991n && integer <= 9007199254740991n ? Number(integer) : integer.toString();
}

/** An integer with `scale` digits after the point. */
export function decimalText(integer: bigint, scale: number): string {
  const digits = (integer < 0n ? -integer : integer).toString().padStart(scale + 1, '0');
  const sign = integer < 0n ? '-' : '';
  return scale <= 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** A text that is short enough to be shown. */
export function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}

function isoDate(ns: bigint): string {
  return formatInstantNs(ns).replace('T00:00:00Z', '');
}
