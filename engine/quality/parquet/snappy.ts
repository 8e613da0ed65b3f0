/** From about this length on a call for the whole is quicker than a loop, in bytes. */
const LONG = 48;

/**
 * Decompresses a block of Snappy (google/snappy, format_description.txt).
 * @param size length of the outcome; more is never written
 * @throws RangeError where the block is malformed
 */
export function snappy(bytes: Uint8Array, size: number): Uint8Array {
  let at = 0;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined || shift > 28) throw new RangeError('a compressed page is malformed');
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (length !== size) throw new RangeError('a page has another length than its header tells');
  const out = new Uint8Array(size);
  const end = bytes.length;
  let to = 0;
  while (at < end) {
    const tag = bytes[at++]!;
    const kind = tag & 3;
    if (kind === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const extra = count - 60;
        count = 1;
        for (let i = 0; i < extra; i++) count += (bytes[at++] ?? 0) * 2 ** (8 * i);
      }
      if (at + count > end || to + count > size) throw new RangeError('a compressed page is malformed');
      if (count > LONG) out.set(bytes.subarray(at, at + count), to);
      else for (let i = 0; i < count; i++) out[to + i] = bytes[at + i]!;
      at += count;
      to += count;
      continue;
    }
    const extra = kind === 3 ? 4 : kind;
    if (at + extra > end) throw new RangeError('a compressed page is malformed');
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    let distance = bytes[at]!;
    if (kind === 1) distance |= (tag >> 5) << 8;
    else distance |= bytes[at + 1]! << 8;
    if (kind === 3) distance += (bytes[at + 2]! | (bytes[at + 3]! << 8)) * 65536;
    at += extra;
    if (distance === 0 || distance > to || to + count > size) throw new RangeError('a compressed page is malformed');
    // Byte by byte: at most 64, and the source may overlap what is written, so that it repeats itself.
    for (const last = to + count; to < last; to++) out[to] = out[to - distance]!;
  }
  if (to !== size) throw new RangeError('a compressed page is malformed');
  return out;
}
