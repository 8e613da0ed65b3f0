import type { DuckDBConnection } from '@duckdb/node-api';
import { keyHalves, keySql } from './hash-keys.js';

/** Bits for each key that there is room for; with four probes, one look-up in 400 is in vain while it fits. */
const BITS_PER_KEY = 16;
const PROBES = 4;
const SMALLEST = 1 << 20;

/**
 * Which idempotency keys may be on record: a Bloom filter (Bloom, 1970). Nearly every record is new, and for those the
 * database, whose look-up grows with the number of events, need not be asked. What it says may be too much and never too
 * little, so a commit that failed leaves nothing in it that matters.
 */
export class KnownKeys {
  private readonly bits: Uint32Array;

  /** @param room keys that it is made for; with more it is in vain more often, and still right */
  constructor(room: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(room, SMALLEST) * BITS_PER_KEY));
    this.bits = new Uint32Array(Math.min(size, 2 ** 31) / 32);
  }

  /** The keys of all events; room for as many again. */
  static async load(connection: DuckDBConnection): Promise<KnownKeys> {
    const reader = await connection.runAndReadAll(
      `SELECT (hash >> 32)::UINTEGER, (hash & 4294967295)::UINTEGER FROM (SELECT ${keySql('key')} AS hash FROM events)`,
    );
    const [high = [], low = []] = reader.getColumnsJS() as number[][];
    const known = new KnownKeys(high.length * 2);
    high.forEach((value, index) => known.set(value, low[index] ?? 0));
    return known;
  }

  add(key: string): void {
    const { high, low } = keyHalves(key);
    this.set(high, low);
  }

  /** False: it is not on record. */
  mayHave(key: string): boolean {
    const { high, low } = keyHalves(key);
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = this.bitOf(high, low, probe);
      if (((this.bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) return false;
    }
    return true;
  }

  private set(high: number, low: number): void {
    for (let probe = 0; probe < PROBES; probe += 1) {
      const bit = this.bitOf(high, low, probe);
      this.bits[bit >>> 5] = (this.bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** Two hashes make all probes (Kirsch and Mitzenmacher, 2006); the second is odd, so that they differ. */
  private bitOf(high: number, low: number, probe: number): number {
    return (high + Math.imul(probe, low | 1)) & (this.bits.length * 32 - 1);
  }
}
