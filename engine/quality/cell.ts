import { DataType, type Data, type Vector } from 'apache-arrow';
import { columnKind } from './column-kind.js';
import { formatInstantNs } from './literals.js';
import { unpackWide } from './wide.js';
import type { Json } from './states.js';

/** Texts in examples are cut at this length. */
const MAX_TEXT = 200;

/**
 * One value as JSON, for examples: instants and dates as ISO 8601, integers beyond 2^53 and decimals as text, NaN and the
 * infinities as text, bytes in hexadecimal. Slow; for the few rows that are shown.
 */
export function cellOf(column: Vector, row: number): Json {
  const type = column.type as DataType;
  if (column.get(row) === null) return null;
  const kind = columnKind(type);
  if (kind.domain === 'instant' || kind.domain === 'date' || kind.domain === 'decimal') {
    const integer = integerAt(column, row, kind.layout === 'wide' ? kind.stride : 0);
    if (integer !== null) {
      if (kind.domain === 'decimal') return decimalText(integer, kind.scale);
      const text = formatInstantNs(integer * kind.unitNs);
      return kind.domain === 'date' ? text.replace('T00:00:00Z', '') : text;
    }
  }
  return plain(column.get(row));
}

/** The stored integer of a value, unless it lies in a dictionary. */
function integerAt(column: Vector, row: number, stride: number): bigint | null {
  let at = row;
  for (const data of column.data as readonly Data[]) {
    if (at >= data.length) {
      at -= data.length;
      continue;
    }
    if (DataType.isDictionary(data.type)) {
      const index = Number((data.values as Int32Array)[at]);
      return integerAt(data.dictionary!, index, stride);
    }
    const values = data.values as Int32Array;
    if (stride === 0) return BigInt(values[at]!);
    const bytes = new Uint8Array(values.buffer, values.byteOffset + at * stride * 4, stride * 4).slice();
    return unpackWide(new Int32Array(bytes.buffer), 0, stride, false);
  }
  return null;
}

function decimalText(integer: bigint, scale: number): string {
  const digits = (integer < 0n ? -integer : integer).toString().padStart(scale + 1, '0');
  const sign = integer < 0n ? '-' : '';
  return scale <= 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function plain(value: unknown): Json {
  if (typeof value === 'bigint') {
    return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value.toString();
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return shortened(value);
  if (typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return shortened(Buffer.from(value).toString('hex'));
  return shortened(String(value));
}

function shortened(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
