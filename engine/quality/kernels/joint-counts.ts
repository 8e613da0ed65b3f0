import { ByteSet, type ByteKeys } from '../byte-set.js';
import type { ColumnKind } from '../column-kind.js';
import { hasNull, KeyWriter, keyTypes } from '../key-writer.js';
import { overBudget } from '../merge-states.js';
import type { CheckState, CountsState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';

/** Rows of each pair of values of two columns, within a budget of memory. */
export class JointCounts implements Kernel {
  private total = 0;
  private nulls = 0;
  private full = false;
  private readonly set: ByteSet;
  private readonly counts: number[] = [];
  private readonly key = new KeyWriter();

  constructor(
    private readonly columns: readonly string[],
    private readonly kinds: readonly ColumnKind[],
    private readonly budget: number,
  ) {
    this.set = new ByteSet(budget);
  }

  update(batch: Batch): void {
    const chunks = this.columns.map((column) => batch.column(column));
    const strides = this.kinds.map(({ stride }) => stride);
    for (let row = 0; row < batch.rows && !this.full; row++) {
      if (hasNull(chunks, row)) {
        this.nulls++;
        continue;
      }
      this.key.write(chunks, strides, row);
      const index = this.set.add(this.key.bytes, 0, this.key.length);
      this.full = index < 0;
      if (index >= 0) this.counts[index] = (this.counts[index] ?? 0) + 1;
      this.total++;
    }
  }

  state(): CheckState {
    if (this.full) return overBudget(this.budget);
    const { total, nulls } = this;
    const counts = Float64Array.from(this.counts);
    return { kind: 'counts', total, nulls, types: keyTypes(this.kinds), keys: this.set.keys(), counts };
  }
}

/** Cramér’s V with Bergsma’s correction (2013), from rows of each pair of values; NaN where one side has a single value. */
export function cramersV({ keys, counts, total }: CountsState, feature: ColumnKind): number {
  const [left, right] = [new Map<string, number>(), new Map<string, number>()];
  const pairs = Array.from(counts, (rows, i) => {
    const [a, b] = splitKey(keys, i, feature);
    left.set(a, (left.get(a) ?? 0) + rows);
    right.set(b, (right.get(b) ?? 0) + rows);
    return { a, b, rows };
  });
  if (left.size < 2 || right.size < 2 || total < 2) return NaN;
  const sum = pairs.reduce((all, { a, b, rows }) => all + (rows * rows) / (left.get(a)! * right.get(b)!), 0);
  const phi2 = Math.max(0, sum - 1 - ((left.size - 1) * (right.size - 1)) / (total - 1));
  const corrected = (size: number) => size - (size - 1) ** 2 / (total - 1);
  const least = Math.min(corrected(left.size), corrected(right.size)) - 1;
  return least <= 0 ? 0 : Math.min(1, Math.sqrt(phi2 / least));
}

/** The feature’s part of a key and the label’s: a text has its length before it, other values have one of their layout. */
function splitKey({ bytes, offsets }: ByteKeys, index: number, feature: ColumnKind): [string, string] {
  const key = Buffer.from(bytes.buffer, bytes.byteOffset + offsets[index]!, offsets[index + 1]! - offsets[index]!);
  const sizes = {
    text: () => 4 + key.readInt32LE(0),
    wide: () => feature.stride * 4,
    number: () => 8,
    opaque: () => 0,
  };
  const at = sizes[feature.layout]();
  return [key.toString('latin1', 0, at), key.toString('latin1', at)];
}
