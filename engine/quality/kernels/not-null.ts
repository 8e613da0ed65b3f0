import type { CheckState } from '../states.js';
import type { Batch, CheckDefinition, CheckOf, GroupFacts, Kernel } from './kernel.js';
import { judgeShare, ShareCounter, withMostly } from './row-check.js';

class NotNull implements Kernel {
  private readonly count = new ShareCounter();
  private fails = new Uint8Array(0);

  constructor(private readonly columns: readonly string[]) {}

  update(batch: Batch): void {
    const chunks = this.columns.map((column) => batch.column(column));
    if (chunks.every(({ nullCount }) => nullCount === 0)) {
      this.count.total += batch.rows;
      return;
    }
    if (this.fails.length < batch.rows) this.fails = new Uint8Array((batch.rows + 3) & ~3);
    const { fails } = this;
    fails.fill(0);
    for (const { valid } of chunks) {
      if (valid !== null) for (let i = 0; i < batch.rows; i++) fails[i] = fails[i]! | (1 - valid[i]!);
    }
    this.count.add(batch, batch.rows, fails, this.columns);
  }

  updateFromFacts(facts: GroupFacts): boolean {
    if (this.columns.some((column) => facts.nullCount(column) !== 0)) return false;
    this.count.total += facts.rows;
    return true;
  }

  state(): CheckState {
    return this.count.state();
  }
}

/** NaN is a value. */
export const notNull: CheckDefinition<CheckOf<'not_null'>> = {
  columns: (check) => [check.column],
  start: (check) => new NotNull([check.column]),
  threshold: (check) => withMostly('not null', check),
  judge: judgeShare,
};

/** A row fails once, however many of its columns are null. */
export const rowsComplete: CheckDefinition<CheckOf<'rows_complete'>> = {
  columns: (check) => check.columns ?? [],
  reads: (check, fields) => check.columns ?? fields.map(({ name }) => name),
  start: (check, _, { fields }) => new NotNull(check.columns ?? fields.map(({ name }) => name)),
  threshold: (check) => withMostly('no nulls in the row', check),
  judge: judgeShare,
};
