import { countCodes } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { Misfit } from '../literals.js';
import { CHECK_SKETCH, NumberSketch } from '../profile/sketch.js';
import type { CheckState } from '../states.js';
import type { Batch, Kernel } from './kernel.js';
import { doubleOf } from './pair-order.js';

const NUMBERS = new Set<ColumnKind['domain']>(['number', 'integer', 'decimal', 'boolean']);

/** Distribution of a column of numbers, as doubles. Nulls are left out; NaN is counted apart; the infinities are at the ends. */
export class DistributionKernel implements Kernel {
  private total = 0;
  private nans = 0;
  private readonly sketch = new NumberSketch(CHECK_SKETCH);
  private readonly read: ReturnType<typeof doubleOf>;

  /** @throws Misfit where the column holds no numbers */
  constructor(
    private readonly column: string,
    kind: ColumnKind,
  ) {
    if (!NUMBERS.has(kind.domain)) throw new Misfit(`a column of type ${kind.name} holds no numbers`);
    this.read = doubleOf(kind);
  }

  update(batch: Batch): void {
    const chunk = batch.column(this.column);
    this.total += chunk.length - chunk.nullCount;
    if (chunk.layout === 'codes') {
      const counts = countCodes(chunk);
      for (let i = 0; i < counts.length; i++) if (counts[i]! > 0) this.add(this.read(chunk.entries!, i), counts[i]!);
      return;
    }
    for (let i = 0; i < chunk.length; i++) {
      if (chunk.valid === null || chunk.valid[i] === 1) this.add(this.read(chunk, i), 1);
    }
  }

  state(): CheckState {
    return { kind: 'distribution', total: this.total, nans: this.nans, sketch: this.sketch.state() };
  }

  private add(value: number, rows: number): void {
    if (value === value) this.sketch.add(value, rows);
    else this.nans += rows;
  }
}
