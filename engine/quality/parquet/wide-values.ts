import type { ParquetColumn } from './footer.js';

const EPOCH_JULIAN_DAY = 2440588n;
const DAY_NS = 86_400_000_000_000n;

/**
 * Decodes decimals, which are stored as integers of 32 or 64 bits, or as bytes with the highest first.
 * @param stride 32-bit words of a value of the outcome, the lowest first
 * @throws RangeError where the bytes end before, or a value has more bytes than it may
 */
export function decodeDecimals(bytes: Uint8Array, count: number, column: ParquetColumn, stride: number): Int32Array {
  const { physical, typeLength } = column;
  if (physical === 'INT32' || physical === 'INT64') return widened(bytes, count, physical === 'INT64' ? 2 : 1, stride);
  const out = new Uint8Array(count * stride * 4);
  const width = stride * 4;
  let at = 0;
  for (let i = 0; i < count; i++) {
    let length = typeLength;
    if (physical === 'BYTE_ARRAY') {
      if (at + 4 > bytes.length) throw new RangeError('a page is cut off');
      length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
      at += 4;
    }
    if (length < 0 || length > width) throw new RangeError('a decimal has too many bytes');
    if (at + length > bytes.length) throw new RangeError('a page is cut off');
    const to = i * width;
    for (let b = 0; b < length; b++) out[to + b] = bytes[at + length - 1 - b]!;
    if (length > 0 && bytes[at]! > 127) out.fill(255, to + length, to + width);
    at += length;
  }
  return new Int32Array(out.buffer);
}

/** Integers of `from` words each, with their sign, as integers of `stride` words. */
function widened(bytes: Uint8Array, count: number, from: 1 | 2, stride: number): Int32Array {
  if (count * from * 4 > bytes.length) throw new RangeError('a page is cut off');
  const narrow = new Int32Array(new Uint8Array(bytes.subarray(0, count * from * 4)).buffer);
  const out = new Int32Array(count * stride);
  for (let i = 0; i < count; i++) {
    for (let w = 0; w < from; w++) out[i * stride + w] = narrow[i * from + w]!;
    out.fill(narrow[i * from + from - 1]! >> 31, i * stride + from, (i + 1) * stride);
  }
  return out;
}

/**
 * Decodes the old times of 96 bits (nanoseconds of the day, Julian day) as nanoseconds since 1970.
 * @throws RangeError for times that 64 bits cannot tell, which would come out as others
 */
export function decodeInt96(bytes: Uint8Array<ArrayBuffer>, count: number): Int32Array {
  const view = new DataView(bytes.buffer);
  const out = new BigInt64Array(count);
  for (let i = 0; i < count; i++) {
    const days = BigInt(view.getInt32(i * 12 + 8, true)) - EPOCH_JULIAN_DAY;
    const ns = days * DAY_NS + view.getBigInt64(i * 12, true);
    out[i] = ns;
    if (out[i] !== ns) throw new RangeError('a time of the type INT96 lies before 1677 or after 2262');
  }
  return new Int32Array(out.buffer);
}

/** Floating-point numbers of 16 bits as doubles. */
export function decodeHalves(halves: Uint16Array): Float64Array {
  const out = new Float64Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = halfToDouble(halves[i]!);
  return out;
}

/** IEEE 754 binary16. */
export function halfToDouble(half: number): number {
  const sign = half >> 15 === 0 ? 1 : -1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
