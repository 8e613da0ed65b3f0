import { ByteSet } from '../byte-set.js';
import { shortened } from '../cell.js';
import type { Categories } from './profile.js';

/** Categories that a profile lists. */
export const MAX_CATEGORIES = 1000;

/** Categories that are counted at once; past twice the list, the rarest are dropped into `other`. */
const COUNTED = 20_000;

/**
 * Counts texts. While there are few, exactly. Past the budget the rarer half is dropped, again and again, as in lossy counting (Manku,
 * Motwani 2002): a count that is listed may be short by the greatest count that was dropped, summed over the drops.
 */
export class CategoryCounter {
  private set = new ByteSet();
  private counts = new Float64Array(1024);
  private other = 0;
  private error = 0;
  private min: Buffer | null = null;
  private max: Buffer | null = null;

  /** Takes in `rows` rows of one text. */
  add(bytes: Uint8Array, from: number, to: number, rows: number): void {
    const before = this.set.size;
    const index = this.set.add(bytes, from, to);
    if (index >= this.counts.length) {
      const larger = new Float64Array(this.counts.length * 2);
      larger.set(this.counts);
      this.counts = larger;
    }
    this.counts[index]! += rows;
    if (index < before) return;
    this.widen(bytes, from, to);
    if (this.set.size > COUNTED) this.drop();
  }

  categories(): Categories {
    const values = this.ranked().map(([text, rows]): [string, number] => [text, rows]);
    return listed(values, this.other, this.error);
  }

  /** Least text by its bytes, shortened; null without any. */
  least(): string | null {
    return this.min === null ? null : shortened(this.min.toString('utf8'));
  }

  /** Greatest text by its bytes, shortened; null without any. */
  greatest(): string | null {
    return this.max === null ? null : shortened(this.max.toString('utf8'));
  }

  private widen(bytes: Uint8Array, from: number, to: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);
    // Copies, since the bytes belong to a batch.
    if (this.min === null || text.compare(this.min) < 0) this.min = Buffer.from(text);
    if (this.max === null || text.compare(this.max) > 0) this.max = Buffer.from(text);
  }

  private ranked(): [text: string, rows: number][] {
    const bytes = Buffer.from(this.set.bytes.buffer, this.set.bytes.byteOffset, this.set.bytes.byteLength);
    return Array.from({ length: this.set.size }, (_, i): [string, number] => [
      bytes.toString('utf8', this.set.offsets[i], this.set.offsets[i + 1]),
      this.counts[i]!,
    ]).sort(byRows);
  }

  private drop(): void {
    const order = Array.from({ length: this.set.size }, (_, i) => i).sort((a, b) => this.counts[b]! - this.counts[a]!);
    const kept = order.slice(0, COUNTED / 2);
    const [set, counts] = [new ByteSet(), new Float64Array(COUNTED * 2)];
    for (const i of kept) {
      counts[set.add(this.set.bytes, this.set.offsets[i]!, this.set.offsets[i + 1]!)] = this.counts[i]!;
    }
    this.error += this.counts[order[kept.length]!]!;
    for (const i of order.slice(kept.length)) this.other += this.counts[i]!;
    [this.set, this.counts] = [set, counts];
  }
}

/** Both together. A category that one side does not list may be among its others. */
export function mergeCategories(a: Categories, b: Categories): Categories {
  const counts = new Map(a.values);
  for (const [value, rows] of b.values) counts.set(value, (counts.get(value) ?? 0) + rows);
  return listed([...counts].sort(byRows), a.other + b.other, a.error + b.error);
}

function listed(ranked: [string | boolean, number][], other: number, error: number): Categories {
  const values = ranked.slice(0, MAX_CATEGORIES);
  const rest = ranked.slice(MAX_CATEGORIES);
  const dropped = rest.reduce((sum, [, rows]) => sum + rows, 0);
  const most = rest[0]?.[1] ?? 0;
  return { values, other: other + dropped, error: error + most, exact: other + dropped === 0 };
}

function byRows(a: readonly [unknown, number], b: readonly [unknown, number]): number {
  return b[1] - a[1] || (String(a[0]) < String(b[0]) ? -1 : 1);
}
