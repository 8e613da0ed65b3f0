import { ByteSet } from '../byte-set.js';
import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { KeyWriter, keyTypes } from '../key-writer.js';
import { overBudget } from '../merge-states.js';
import type { CheckState, GroupsState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';
import { doubleOf } from './pair-order.js';

/**
 * Number, mean and spread of the numbers of one column in each group of another. Rows with a null are left out; NaN and the infinities
 * are counted apart.
 */
export class GroupMoments implements Kernel {
  private nans = 0;
  private within = 0;
  private full = false;
  private readonly set: ByteSet;
  private readonly counts: number[] = [];
  private readonly means: number[] = [];
  private readonly key = new KeyWriter();
  private readonly numberAt: (chunk: ColumnChunk, row: number) => number;

  /**
   * @param budget memory for the groups, in bytes
   * @throws Misfit where the column of numbers holds none
   */
  constructor(
    private readonly group: { column: string; kind: ColumnKind },
    private readonly number: { column: string; kind: ColumnKind },
    private readonly budget: number,
  ) {
    this.set = new ByteSet(budget);
    this.numberAt = doubleOf(number.kind);
  }

  update(batch: Batch): void {
    const [groups, numbers] = [batch.column(this.group.column), batch.column(this.number.column)];
    for (let row = 0; row < batch.rows && !this.full; row++) {
      if (groups.valid?.[row] === 0 || numbers.valid?.[row] === 0) continue;
      const value =
        numbers.layout === 'codes' ? this.numberAt(numbers.entries!, numbers.codes[row]!) : this.numberAt(numbers, row);
      if (Number.isFinite(value)) this.add(groups, row, value);
      else this.nans++;
    }
  }

  state(): CheckState {
    if (this.full) return overBudget(this.budget);
    return {
      kind: 'groups',
      nans: this.nans,
      types: keyTypes([this.group.kind]),
      keys: this.set.keys(),
      counts: Float64Array.from(this.counts),
      means: Float64Array.from(this.means),
      within: this.within,
    };
  }

  private add(groups: ColumnChunk, row: number, value: number): void {
    this.key.write([groups], [this.group.kind.stride], row);
    const index = this.set.add(this.key.bytes, 0, this.key.length);
    this.full = index < 0;
    if (this.full) return;
    const count = (this.counts[index] ?? 0) + 1;
    const mean = this.means[index] ?? value;
    const moved = mean + (value - mean) / count;
    this.counts[index] = count;
    this.means[index] = moved;
    this.within += (value - mean) * (value - moved);
  }
}

/**
 * The correlation ratio η, by ε², which takes away the bias that many small groups have (Kelley 1935): 0 where each value is a group of its own.
 * NaN where there are fewer than two groups or the number is constant.
 */
export function correlationRatio({ counts, means, within }: GroupsState): number {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  // From the first mean on, so that those of one constant leave exactly nothing.
  const first = means[0] ?? 0;
  const mean = first + counts.reduce((sum, count, i) => sum + (count * (means[i]! - first)) / rows, 0);
  const between = counts.reduce((sum, count, i) => sum + count * (means[i]! - mean) ** 2, 0);
  if (counts.length < 2 || between + within === 0) return NaN;
  if (rows <= counts.length) return 0;
  const unexplained = (within / (between + within)) * ((rows - 1) / (rows - counts.length));
  return Math.sqrt(Math.max(0, 1 - unexplained));
}
