/**
 * Decodes `count` whole numbers of Parquet’s hybrid of run lengths and bit packing.
 * @param width bits a number, 0 to 32
 * @returns the numbers, the greatest of them (without a sign), and the position after them
 * @throws RangeError where the bytes end before
 */
export function decodeHybrid(
  bytes: Uint8Array,
  at: number,
  end: number,
  width: number,
  count: number,
): { values: Int32Array; greatest: number; end: number } {
  const values = new Int32Array(count);
  if (width > 32) throw new RangeError('a page is malformed');
  if (width === 0) return { values, greatest: 0, end: at };
  let greatest = 0;
  const byteWidth = (width + 7) >> 3;
  let done = 0;
  while (done < count) {
    let header = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= end || scale > 2 ** 35) throw new RangeError('a page is cut off');
      const byte = bytes[at++]!;
      header += (byte & 127) * scale;
      if (byte < 128) break;
    }
    if (header % 2 === 0) {
      const run = Math.min(header / 2, count - done);
      if (run === 0 || at + byteWidth > end) throw new RangeError('a page is malformed');
      let value = 0;
      for (let i = 0; i < byteWidth; i++) value |= bytes[at + i]! << (8 * i);
      at += byteWidth;
      values.fill(value, done, done + run);
      greatest = Math.max(greatest, value >>> 0);
      done += run;
    } else {
      const packed = (header - 1) * 4;
      const take = Math.min(packed, count - done);
      // Some writers leave out the padding of the last group, so only what is taken must be there.
      if (take === 0 || at + Math.ceil((take * width) / 8) > end) throw new RangeError('a page is cut off');
      greatest = Math.max(greatest, unpack(bytes, at, width, values, done, take));
      at = Math.min(end, at + (packed / 8) * width);
      done += take;
    }
  }
  return { values, greatest, end: at };
}

/**
 * Reads numbers of up to 32 bits, the lowest first. Two words of the bytes are at hand, so that most numbers need no look at the
 * bytes; that matters most before the loop is compiled.
 * @returns the greatest of them, without a sign
 */
function unpack(bytes: Uint8Array, at: number, width: number, into: Int32Array, from: number, count: number): number {
  const mask = width === 32 ? -1 : (1 << width) - 1;
  let low = wordAt(bytes, at);
  let high = wordAt(bytes, at + 4);
  let next = at + 8;
  let shift = 0;
  let greatest = 0;
  for (let i = from, to = from + count; i < to; i++) {
    // Two steps, since a shift by 32 would be none.
    const value = ((low >>> shift) | ((high << 1) << (31 - shift))) & mask;
    into[i] = value;
    if (value >>> 0 > greatest) greatest = value >>> 0;
    shift += width;
    if (shift >= 32) {
      shift -= 32;
      low = high;
      high = wordAt(bytes, next);
      next += 4;
    }
  }
  return greatest;
}

/** Four bytes as a word; those past the end are 0. */
function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}

/**
 * Decodes definition levels of one bit, as `decodeHybrid` does, and most often without a look at single bits: columns without nulls
 * are ones all over.
 * @returns a byte a row, 1 where there is a value; null where each row has one
 */
export function decodeValidity(
  bytes: Uint8Array,
  at: number,
  end: number,
  count: number,
): { valid: Uint8Array | null; nulls: number } {
  if (allOnes(bytes, at, end, count)) return { valid: null, nulls: 0 };
  const { values, greatest } = decodeHybrid(bytes, at, end, 1, count);
  if (greatest > 1) throw new RangeError('a page is malformed');
  const valid = Uint8Array.from(values);
  let nulls = 0;
  for (let i = 0; i < count; i++) nulls += 1 - valid[i]!;
  return { valid: nulls === 0 ? null : valid, nulls };
}

/** Whether levels are ones as far as that can be told by whole bytes. */
function allOnes(bytes: Uint8Array, at: number, end: number, count: number): boolean {
  let done = 0;
  while (done < count) {
    let header = 0;
    for (let scale = 1; ; scale *= 128) {
      if (at >= end || scale > 2 ** 35) return false;
      const byte = bytes[at++]!;
      header += (byte & 127) * scale;
      if (byte < 128) break;
    }
    if (header % 2 === 0) {
      if (header === 0 || bytes[at] !== 1 || at >= end) return false;
      at += 1;
      done += header / 2;
      continue;
    }
    const take = Math.min((header - 1) * 4, count - done);
    const whole = take >> 3;
    if (take === 0 || at + Math.ceil(take / 8) > end) return false;
    for (let i = 0; i < whole; i++) if (bytes[at + i] !== 255) return false;
    const rest = (1 << (take & 7)) - 1;
    if ((bytes[at + whole]! & rest) !== rest) return false;
    at += (header - 1) / 2;
    done += take;
  }
  return true;
}
