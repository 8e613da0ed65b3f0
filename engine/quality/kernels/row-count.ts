import type { RowsState } from '../states.js';
import type { CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, warnWords, withinLimits } from './limits.js';

/** Counts rows. */
export class RowCount implements Kernel {
  private rows = 0;

  update(batch: { rows: number }): void {
    this.rows += batch.rows;
  }

  updateFromFacts(facts: { rows: number }): boolean {
    this.rows += facts.rows;
    return true;
  }

  state(): RowsState {
    return { kind: 'rows', rows: this.rows };
  }
}

export const rowCount: CheckDefinition<CheckOf<'row_count'>> = {
  columns: () => [],
  problems: limitsProblems,
  share: () => 'rows',
  start: () => new RowCount(),
  threshold({ min, max, warn }) {
    const second = warn === undefined ? [] : [warnWords(warn.min, warn.max)];
    return [...(min === undefined && max === undefined ? [] : [`${limitsWords({ min, max })} rows`]), ...second].join(
      ', ',
    );
  },
  judge(state, check) {
    const { rows } = state as RowsState;
    return { ...withinLimits(rows, check), observed: rows, failing: 0, total: rows, examples: [] };
  },
};
