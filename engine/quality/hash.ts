/**
 * MurmurHash3 (x86, 32 bits; Austin Appleby, public domain). Four bytes at a time, and all bits are well mixed.
 * @param seed another one gives another hash
 */
export function hashOf(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash = mixed(hash, bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
  }
  let tail = 0;
  for (let shift = 0; i < end; i++, shift += 8) tail |= bytes[i]! << shift;
  return finished(hash ^ scrambled(tail), end - start);
}

/** The same hash, without a seed, of bytes behind a view: quicker for many. */
export function hashOfView(view: DataView, start: number, end: number): number {
  return absorbed(0, view, start, end, end - start);
}

/** The hash of a text with its size before it, as four bytes. */
export function hashOfText(text: DataView, start: number, end: number): number {
  return absorbed(mixed(0, end - start), text, start, end, 4 + end - start);
}

/** The hash of so many words from `at` on. */
export function hashOfWords(words: Int32Array, at: number, count: number): number {
  let hash = 0;
  for (let i = at; i < at + count; i++) hash = mixed(hash, words[i]!);
  return finished(hash, 4 * count);
}

function absorbed(before: number, view: DataView, start: number, end: number, size: number): number {
  let hash = before;
  let i = start;
  for (; i + 4 <= end; i += 4) hash = mixed(hash, view.getInt32(i, true));
  let tail = 0;
  for (let shift = 0; i < end; i++, shift += 8) tail |= view.getUint8(i) << shift;
  return finished(hash ^ scrambled(tail), size);
}

function mixed(hash: number, word: number): number {
  const next = hash ^ scrambled(word);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function finished(state: number, size: number): number {
  let hash = state ^ size;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
