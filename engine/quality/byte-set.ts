import { BLOCK_ROWS } from './blocks.js';
import { hashOf, hashOfView } from './hash.js';
import type { KeyMemory } from './key-limits.js';

/** The keys of a ByteSet as two flat buffers: key `i` is `bytes[offsets[i]..offsets[i + 1]]`. */
export interface ByteKeys {
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** Slots of an empty set. */
const LEAST_SLOTS = 1024;

/** Where an arena grows by a quarter and so many bytes, and no longer doubles: half of the memory would be for nothing. */
const LARGE_ARENA = 8 << 20;

/** So many eighths of the slots are used at most, or probing gets long. */
const FULL_EIGHTHS = 6;

/**
 * An exact set of byte strings, numbered in the order of their arrival. Open addressing with linear probing over one arena,
 * so that millions of keys cost no objects. Holds at most `budget` bytes, all of its tables counted, and below 2 GiB of keys; what it
 * grows by is taken from `memory`. Texts and words are added as `KeyWriter` lays out a row of one such column; the probing is written
 * out for each, so that its comparison is compiled into the loop.
 */
export class ByteSet {
  size = 0;
  bytes: Uint8Array = new Uint8Array(1 << 12);
  /** Key `i` lies between `offsets[i]` and `offsets[i + 1]`, as in an Arrow text column. */
  offsets: Int32Array = new Int32Array(257);
  private view: DataView = new DataView(this.bytes.buffer);
  /** Of each slot the hash of its key and the key's number plus 1, which is 0 where the slot is free. */
  private slots = new Int32Array(2 * LEAST_SLOTS);
  private mask = LEAST_SLOTS - 1;
  private taken = 0;
  /** Kept, so that the reading is not left out. */
  fetched = 0;

  constructor(
    private readonly budget = Infinity,
    private readonly memory?: KeyMemory,
  ) {}

  /**
   * A set of keys that are known to differ, which it only reads.
   * @param budget for what is added later
   * @param more keys for which there are slots without growing, as far as a quarter of the budget goes
   */
  static from({ bytes, offsets }: ByteKeys, budget?: number, more = 0): ByteSet {
    const set = new ByteSet(budget);
    const size = offsets.length - 1;
    // What is added goes behind them, where there is no room: into a copy.
    [set.bytes, set.offsets] = [bytes, offsets];
    set.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let slots = LEAST_SLOTS;
    const holds = (keys: number) => keys * 8 <= slots * FULL_EIGHTHS;
    while (!holds(size) || (!holds(size + more) && slots * 16 <= set.budget / 4)) slots *= 2;
    set.slots = new Int32Array(2 * slots);
    set.mask = slots - 1;
    const hashes = new Int32Array(BLOCK_ROWS);
    for (let from = 0; from < size; from += BLOCK_ROWS) set.placeKeys(hashes, from, Math.min(size, from + BLOCK_ROWS));
    set.size = size;
    return set;
  }

  /** Number of the key, or -1. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = hashOf(bytes, start, end);
    const { slots, mask } = this;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[2 * slot + 1]!;
      if (entry === 0) return -1;
      if (slots[2 * slot] === hash && this.equals(entry - 1, bytes, start, end)) return entry - 1;
    }
  }

  /** Number of the key, which is new where it equals the size before; -1 where the budget has no room for it. */
  add(bytes: Uint8Array, start: number, end: number): number {
    return this.addHashed(hashOf(bytes, start, end), bytes, start, end);
  }

  private addHashed(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const { slots, mask } = this;
    let slot = hash & mask;
    for (let entry = slots[2 * slot + 1]!; entry !== 0; entry = slots[2 * slot + 1]!) {
      if (slots[2 * slot] === hash && this.equals(entry - 1, bytes, start, end)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    const at = this.offsets[this.size]!;
    if (!this.reserve(at + end - start)) return -1;
    const own = this.bytes;
    for (let i = start, to = at; i < end; i++, to++) own[to] = bytes[i]!;
    return this.place(hash, at + end - start);
  }

  /** As `add`, of a text with its size before it. `hash` is its `hashOfText`. */
  addText(hash: number, text: DataView, start: number, end: number): number {
    const { slots, mask } = this;
    let slot = hash & mask;
    for (let entry = slots[2 * slot + 1]!; entry !== 0; entry = slots[2 * slot + 1]!) {
      if (slots[2 * slot] === hash && this.equalsText(entry - 1, text, start, end)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    let to = this.offsets[this.size]!;
    if (!this.reserve(to + 4 + end - start)) return -1;
    const own = this.view;
    own.setInt32(to, end - start, true);
    to += 4;
    let i = start;
    for (; i + 4 <= end; i += 4, to += 4) own.setInt32(to, text.getInt32(i, true), true);
    for (; i < end; i++, to++) own.setUint8(to, text.getUint8(i));
    return this.place(hash, to);
  }

  /** As `add`, of so many words from `at` on. `hash` is their `hashOfWords`. */
  addWords(hash: number, words: Int32Array, at: number, count: number): number {
    const { slots, mask } = this;
    let slot = hash & mask;
    for (let entry = slots[2 * slot + 1]!; entry !== 0; entry = slots[2 * slot + 1]!) {
      if (slots[2 * slot] === hash && this.equalsWords(entry - 1, words, at, count)) return entry - 1;
      slot = (slot + 1) & mask;
    }
    let to = this.offsets[this.size]!;
    if (!this.reserve(to + 4 * count)) return -1;
    for (let i = at; i < at + count; i++, to += 4) this.view.setInt32(to, words[i]!, true);
    return this.place(hash, to);
  }

  /**
   * Reads the slots of so many hashes, one after the other without a decision between them, so that the processor fetches them at
   * once: the look-ups that follow would wait for one after the other.
   */
  fetch(hashes: Int32Array, count: number): void {
    const { slots, mask } = this;
    let sum = 0;
    for (let k = 0; k < count; k++) sum ^= slots[2 * (hashes[k]! & mask)]!;
    this.fetched = sum;
  }

  /**
   * Adds all keys of another set.
   * @param numbers is filled with their numbers here
   * @returns false where the budget has no room for one
   */
  addAll({ bytes, offsets }: ByteKeys, numbers?: Int32Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const size = offsets.length - 1;
    const hashes = new Int32Array(BLOCK_ROWS);
    for (let from = 0; from < size; from += BLOCK_ROWS) {
      const to = Math.min(size, from + BLOCK_ROWS);
      for (let i = from, k = 0; i < to; i++, k++) hashes[k] = hashOfView(view, offsets[i]!, offsets[i + 1]!);
      this.fetch(hashes, to - from);
      for (let i = from, k = 0; i < to; i++, k++) {
        const number = this.addHashed(hashes[k]!, bytes, offsets[i]!, offsets[i + 1]!);
        if (number < 0) return false;
        if (numbers !== undefined) numbers[i] = number;
      }
    }
    return true;
  }

  /** Forgets all keys, and gives their memory back. */
  clear(): void {
    this.memory?.giveBack(this.taken);
    [this.taken, this.size, this.mask] = [0, 0, LEAST_SLOTS - 1];
    this.bytes = new Uint8Array(1 << 12);
    this.view = new DataView(this.bytes.buffer);
    this.offsets = new Int32Array(257);
    this.slots = new Int32Array(2 * LEAST_SLOTS);
  }

  /** A copy of the keys, in the order of their numbers. */
  keys(): ByteKeys {
    return { bytes: this.bytes.slice(0, this.offsets[this.size]), offsets: this.offsets.slice(0, this.size + 1) };
  }

  /** The keys themselves, for whoever adds no others. */
  lastKeys(): ByteKeys {
    return { bytes: this.bytes.subarray(0, this.offsets[this.size]), offsets: this.offsets.subarray(0, this.size + 1) };
  }

  /** Finds the slots of keys that are in the arena already. */
  private placeKeys(hashes: Int32Array, from: number, to: number): void {
    const { view, offsets, slots, mask } = this;
    for (let i = from, k = 0; i < to; i++, k++) hashes[k] = hashOfView(view, offsets[i]!, offsets[i + 1]!);
    this.fetch(hashes, to - from);
    for (let i = from, k = 0; i < to; i++, k++) {
      const hash = hashes[k]!;
      let slot = hash & mask;
      while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
      slots[2 * slot] = hash;
      slots[2 * slot + 1] = i + 1;
    }
  }

  /** Takes in the key that was laid out at the end of the arena. */
  private place(hash: number, end: number): number {
    const { slots, mask } = this;
    const index = this.size++;
    this.offsets[index + 1] = end;
    let slot = hash & mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = index + 1;
    return index;
  }

  /** Makes room for one key more and an arena of `arena` bytes; false where that would break the budget. */
  private reserve(arena: number): boolean {
    const slots = this.mask + 1;
    const isRoom =
      arena <= this.bytes.length && this.size + 1 < this.offsets.length && this.size * 8 < slots * FULL_EIGHTHS;
    return isRoom || this.grow(arena, slots);
  }

  private grow(arena: number, slotsNow: number): boolean {
    const arenaNow = this.bytes.length;
    const larger = Math.min(arenaNow * 2, Math.ceil(arenaNow * 1.25) + LARGE_ARENA);
    const bytes = arena > arenaNow ? Math.max(arena, larger) : arenaNow;
    const room = this.offsets.length - 1;
    const entries = this.size === room ? Math.max(256, room * 2) : room;
    const slots = this.size * 8 >= slotsNow * FULL_EIGHTHS ? slotsNow * 2 : slotsNow;
    const all = bytes + entries * 4 + slots * 8;
    if (bytes > 0x7fffffff || all > this.budget) return false;
    if (all > this.taken) {
      if (this.memory?.take(all - this.taken) === false) return false;
      this.taken = all;
    }
    if (bytes > arenaNow) {
      this.bytes = copied(new Uint8Array(bytes), this.bytes);
      this.view = new DataView(this.bytes.buffer);
    }
    if (entries > room) this.offsets = copied(new Int32Array(entries + 1), this.offsets);
    if (slots > slotsNow) {
      const old = this.slots;
      this.slots = new Int32Array(2 * slots);
      this.mask = slots - 1;
      for (let from = 0; from < slotsNow; from += BLOCK_ROWS) {
        moveSlots(old, this.slots, from, Math.min(slotsNow, from + BLOCK_ROWS));
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

  private equalsText(index: number, text: DataView, start: number, end: number): boolean {
    const own = this.view;
    let at = this.offsets[index]!;
    if (this.offsets[index + 1]! - at !== end - start + 4) return false;
    at += 4;
    let i = start;
    for (; i + 4 <= end; i += 4, at += 4) if (own.getInt32(at, true) !== text.getInt32(i, true)) return false;
    for (; i < end; i++, at++) if (own.getUint8(at) !== text.getUint8(i)) return false;
    return true;
  }

  private equalsWords(index: number, words: Int32Array, at: number, count: number): boolean {
    const own = this.view;
    const from = this.offsets[index]!;
    for (let i = 0; i < count; i++) if (own.getInt32(from + 4 * i, true) !== words[at + i]) return false;
    return true;
  }
}

/** Puts the entries of some slots into a larger table. */
function moveSlots(old: Int32Array, slots: Int32Array, from: number, to: number): void {
  const mask = slots.length / 2 - 1;
  for (let i = from; i < to; i++) {
    const entry = old[2 * i + 1]!;
    if (entry === 0) continue;
    const hash = old[2 * i]!;
    let slot = hash & mask;
    while (slots[2 * slot + 1] !== 0) slot = (slot + 1) & mask;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = entry;
  }
}

function copied<T extends Uint8Array | Int32Array>(target: T, from: Uint8Array | Int32Array): T {
  target.set(from);
  return target;
}
