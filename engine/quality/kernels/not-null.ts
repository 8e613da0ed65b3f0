import { MAX_EXAMPLES, type CheckState, type Example } from '../states.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { judgeShare, withMostly } from './row-check.js';

class NotNull implements Kernel {
  private total = 0;
  private failing = 0;
  private readonly examples: Example[] = [];

  constructor(private readonly column: string) {}

  update(batch: Batch): void {
    const { length, nullCount, valid } = batch.column(this.column);
    this.total += length;
    this.failing += nullCount;
    if (valid === null) return;
    for (let i = 0; i < length && this.examples.length < MAX_EXAMPLES; i++) {
      if (valid[i] === 0) this.examples.push(batch.example(i, [this.column]));
    }
  }

  state(): CheckState {
    return { kind: 'share', total: this.total, failing: this.failing, examples: [...this.examples] };
  }
}

/** NaN is a value. */
export const notNull: CheckDefinition<CheckOf<'not_null'>> = {
  columns: (check) => [check.column],
  start: (check) => new NotNull(check.column),
  threshold: (check) => withMostly('not null', check.mostly),
  judge: (state, check) => judgeShare(state, check.mostly),
};
