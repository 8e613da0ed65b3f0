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
  let to = 0;
  while (at < bytes.length) {
    const tag = bytes[at++]!;
    if ((tag & 3) === 0) {
      let count = (tag >> 2) + 1;
      if (count > 60) {
        const extra = count - 60;
        count = 1;
        for (let i = 0; i < extra; i++) count += (bytes[at++] ?? 0) * 2 ** (8 * i);
      }
      if (at + count > bytes.length || to + count > size) throw new RangeError('a compressed page is malformed');
      out.set(bytes.subarray(at, at + count), to);
      at += count;
      to += count;
      continue;
    }
    const extra = [0, 1, 2, 4][tag & 3]!;
    if (at + extra > bytes.length) throw new RangeError('a compressed page is malformed');
    const isShort = extra === 1;
    const count = isShort ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    let distance = isShort ? ((tag >> 5) << 8) | bytes[at]! : 0;
    for (let i = 0; i < extra && !isShort; i++) distance += bytes[at + i]! * 2 ** (8 * i);
    at += extra;
    if (distance === 0 || distance > to || to + count > size) throw new RangeError('a compressed page is malformed');
    if (distance >= count) out.copyWithin(to, to - distance, to - distance + count);
    // The source overlaps what is written, so it repeats itself.
    else for (let i = 0; i < count; i++) out[to + i] = out[to + i - distance]!;
    to += count;
  }
  if (to !== size) throw new RangeError('a compressed page is malformed');
  return out;
}
