const MAGIC = 0x184d2204;

/**
 * Decompresses a frame of LZ4 (lz4/lz4, lz4_Frame_format.md). Checksums are not looked at.
 * @param size length of the outcome; more is never written
 * @throws RangeError where the frame is malformed or of another length
 */
export function lz4Frame(bytes: Uint8Array, size: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(0, true) !== MAGIC) throw malformed();
  const flags = view.getUint8(4);
  if (flags >> 6 !== 1) throw malformed();
  const hasBlockChecksums = (flags & 16) !== 0;
  // The descriptor’s own checksum ends it; before it may stand the size and the number of a dictionary.
  let at = 7 + ((flags & 8) !== 0 ? 8 : 0) + ((flags & 1) !== 0 ? 4 : 0);
  const out = new Uint8Array(size);
  let to = 0;
  for (;;) {
    const header = view.getUint32(at, true);
    at += 4;
    if (header === 0) break;
    const length = header & 0x7fffffff;
    if (at + length > bytes.length) throw malformed();
    if (header >>> 31 === 1) {
      if (to + length > size) throw malformed();
      out.set(bytes.subarray(at, at + length), to);
      to += length;
    } else to = lz4Block(bytes, at, at + length, out, to);
    at += length + (hasBlockChecksums ? 4 : 0);
  }
  if (to !== size) throw malformed();
  return out;
}

/** Decompresses one block behind what is there already; @returns the position after it. */
export function lz4Block(bytes: Uint8Array, from: number, end: number, out: Uint8Array, start: number): number {
  let at = from;
  let to = start;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (at >= end) throw malformed();
        more = bytes[at++]!;
      }
    }
    if (at + literals > end || to + literals > out.length) throw malformed();
    if (literals < 32) for (let i = 0; i < literals; i++) out[to + i] = bytes[at + i]!;
    else out.set(bytes.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    // The last sequence has no match.
    if (at === end) return to;
    if (at + 2 > end) throw malformed();
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let count = (token & 15) + 4;
    if (count === 19) {
      for (let more = 255; more === 255; count += more) {
        if (at >= end) throw malformed();
        more = bytes[at++]!;
      }
    }
    if (distance === 0 || distance > to || to + count > out.length) throw malformed();
    if (distance >= count && count > 32) out.copyWithin(to, to - distance, to - distance + count);
    // The source may overlap what is written, which then repeats itself.
    else for (let i = 0; i < count; i++) out[to + i] = out[to + i - distance]!;
    to += count;
  }
  return to;
}

function malformed(): RangeError {
  return new RangeError('what is compressed by LZ4 is malformed');
}
