import { hashOf } from './hash.js';

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
