/** The keys of a ByteSet as two flat buffers: key `i` is `bytes[offsets[i]..offsets[i + 1]]`. */
export interface ByteKeys {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** One of `of` shares of all keys, told apart by their hash: a set that is too large is counted share by share. */
export interface KeyShare {
  /** From 0. */
  index: number;
  of: number;
}

/** Another hash than that of the sets, whose slots would fill unevenly. */
const SHARE_SEED = 0x2f0b4c47;

/** Whether a key belongs to a share. */
export function isOfShare({ index, of }: KeyShare, bytes: Uint8Array, length: number): boolean {
  return of === 1 || (hashOf(bytes, 0, length, SHARE_SEED) >>> 0) % of === index;
}

/** Memory that several sets share, in bytes. */
export class KeyMemory {
  private taken = 0;

  constructor(readonly limit: number) {}

  /** Takes so much; false where it is more than is left, and then nothing is taken. */
  take(bytes: number): boolean {
    if (this.taken + bytes > this.limit) return false;
    this.taken += bytes;
    return true;
  }

  giveBack(bytes: number): void {
    this.taken -= bytes;
  }
}

/**
 * An exact set of byte strings, numbered in the order of their arrival. Open addressing with linear probing over one arena,
 * so that millions of keys cost no objects. Holds at most `budget` bytes, all of its tables counted, and below 2 GiB of keys; what it
 * grows by is taken from `memory`.
 */
export class ByteSet {
  size = 0;
  bytes = new Uint8Array(1 << 12);
  /** Key `i` lies between `offsets[i]` and `offsets[i + 1]`, as in an Arrow text column. */
  offsets = new Int32Array(257);
  private hashes = new Int32Array(256);
  private slots = new Int32Array(1024);
  private mask = 1023;
  private taken = 0;

  constructor(
    private readonly budget = Infinity,
    private readonly memory?: KeyMemory,
  ) {}

  static from(keys: ByteKeys, budget?: number): ByteSet {
    const set = new ByteSet(budget);
    for (let i = 0; i + 1 < keys.offsets.length; i++) set.add(keys.bytes, keys.offsets[i]!, keys.offsets[i + 1]!);
    return set;
  }

  /** Number of the key, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    let slot = hash & this.mask;
    for (let entry = this.slots[slot]!; entry !== 0; entry = this.slots[slot]!) {
      if (this.hashes[entry - 1] === hash && this.equals(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & this.mask;
    }
    return -1;
  }

  /** Number of the key, which is new where it equals the size before; -1 where the budget has no room for it. */
  add(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    let slot = hash & this.mask;
    for (let entry = this.slots[slot]!; entry !== 0; entry = this.slots[slot]!) {
      if (this.hashes[entry - 1] === hash && this.equals(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & this.mask;
    }
    return this.insert(hash, bytes, start, end);
  }

  /** Forgets all keys, and gives their memory back. */
  clear(): void {
    this.memory?.giveBack(this.taken);
    [this.taken, this.size, this.mask] = [0, 0, 1023];
    this.bytes = new Uint8Array(1 << 12);
    this.offsets = new Int32Array(257);
    this.hashes = new Int32Array(256);
    this.slots = new Int32Array(1024);
  }

  /** A copy of the keys, in the order of their numbers. */
  keys(): ByteKeys {
    return { bytes: this.bytes.slice(0, this.offsets[this.size]), offsets: this.offsets.slice(0, this.size + 1) };
  }

  private insert(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const at = this.offsets[this.size]!;
    if (!this.reserve(at + end - start)) return -1;
    const index = this.size++;
    for (let i = start, to = at; i < end; i++, to++) this.bytes[to] = bytes[i]!;
    this.offsets[index + 1] = at + end - start;
    this.hashes[index] = hash;
    let slot = hash & this.mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
    this.slots[slot] = index + 1;
    return index;
  }

  /** Makes room for one key more and an arena of `arena` bytes; false where that would break the budget. */
  private reserve(arena: number): boolean {
    const bytes = arena > this.bytes.length ? Math.max(arena, this.bytes.length * 2) : this.bytes.length;
    const entries = this.size === this.hashes.length ? this.hashes.length * 2 : this.hashes.length;
    // Half full at most, or probing gets long.
    const slots = this.size * 2 >= this.slots.length ? this.slots.length * 2 : this.slots.length;
    const all = bytes + entries * 8 + slots * 4;
    if (bytes > 0x7fffffff || all > this.budget) return false;
    if (all > this.taken) {
      if (this.memory?.take(all - this.taken) === false) return false;
      this.taken = all;
    }
    if (bytes > this.bytes.length) this.bytes = copied(new Uint8Array(bytes), this.bytes);
    if (entries > this.hashes.length) {
      this.hashes = copied(new Int32Array(entries), this.hashes);
      this.offsets = copied(new Int32Array(entries + 1), this.offsets);
    }
    if (slots > this.slots.length) {
      this.slots = new Int32Array(slots);
      this.mask = slots - 1;
      for (let i = 0; i < this.size; i++) {
        let slot = this.hashes[i]! & this.mask;
        while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
        this.slots[slot] = i + 1;
      }
    }
    return true;
  }

  private equals(index: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.bytes;
    const from = this.offsets[index]!;
    if (this.offsets[index + 1]! - from !== end - start) return false;
    for (let i = start, at = from; i < end; i++, at++) if (own[at] !== bytes[i]) return false;
    return true;
  }
}

/** MurmurHash3 (x86, 32 bits; Austin Appleby, public domain). Four bytes at a time, and all bits are well mixed. */
export function hashOf(bytes: Uint8Array, start: number, end: number, seed = 0): number {
  let hash = seed;
  let i = start;
  for (; i + 4 <= end; i += 4) {
    hash ^= scrambled(bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let shift = 0; i < end; i++, shift += 8) tail |= bytes[i]! << shift;
  hash ^= scrambled(tail) ^ (end - start);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

function scrambled(word: number): number {
  const product = Math.imul(word, 0xcc9e2d51);
  return Math.imul((product << 15) | (product >>> 17), 0x1b873593);
}

function copied<T extends Uint8Array | Int32Array>(target: T, from: T): T {
  target.set(from);
  return target;
}
