import type { ColumnKind } from '../column-kind.js';
import type { CheckState } from '../states.js';
import { OPERATOR_SIGNS, orderTest } from '../operator.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { pairOrder, type PairOrder } from './pair-order.js';
import { judgeShare, ShareCounter, withMostly } from './row-check.js';

class ColumnPair implements Kernel {
  private readonly count = new ShareCounter();
  private fails = new Uint8Array(0);
  private readonly order: PairOrder;
  private readonly passes: (order: number) => boolean;

  constructor(
    private readonly check: CheckOf<'column_pair'>,
    [left, right]: readonly ColumnKind[],
  ) {
    this.order = pairOrder(left!, right!);
    this.passes = orderTest(check.operator);
  }

  update(batch: Batch): void {
    const [left, right] = this.check.columns.map((column) => batch.column(column));
    if (this.fails.length < batch.rows) this.fails = new Uint8Array((batch.rows + 3) & ~3);
    let judged = 0;
    for (let row = 0; row < batch.rows; row++) {
      const isNull = left!.valid?.[row] === 0 || right!.valid?.[row] === 0;
      judged += isNull ? 0 : 1;
      this.fails[row] = isNull || this.passes(this.order(left!, row, right!, row)) ? 0 : 1;
    }
    this.count.add(batch, judged, this.fails, this.check.columns);
  }

  state(): CheckState {
    return this.count.state();
  }
}

/** NaN fails all but `ne`; rows with a null in one of the columns are passed over. */
export const columnPair: CheckDefinition<CheckOf<'column_pair'>> = {
  columns: (check) => check.columns,
  start: (check, kinds) => new ColumnPair(check, kinds),
  threshold: (check) => withMostly(`${check.columns[0]} ${OPERATOR_SIGNS[check.operator]} ${check.columns[1]}`, check),
  judge: judgeShare,
};
