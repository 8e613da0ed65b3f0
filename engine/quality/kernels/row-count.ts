import type { RowsState } from '../states.js';
import { boundsProblems, rangeWords } from './bounds.js';
import type { CheckDefinition, CheckOf, Kernel } from './kernel.js';

class RowCount implements Kernel {
  private rows = 0;

  update(batch: { rows: number }): void {
    this.rows += batch.rows;
  }

  state(): RowsState {
    return { kind: 'rows', rows: this.rows };
  }
}

export const rowCount: CheckDefinition<CheckOf<'row_count'>> = {
  columns: () => [],
  problems: boundsProblems,
  start: () => new RowCount(),
  threshold: (check) => `${rangeWords(check)} rows`,
  judge(state, { min = 0, max = Infinity }) {
    const { rows } = state as RowsState;
    return { passed: rows >= min && rows <= max, observed: rows, failing: 0, total: rows, examples: [] };
  },
};
