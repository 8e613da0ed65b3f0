import type { ColumnKind } from '../column-kind.js';
import type { CheckState, ShareState } from '../states.js';
import { judgeNaN } from './comparison.js';
import { judgeInSet } from './in-set.js';
import type { Batch, CheckDefinition, CheckOf, Finding, GroupFacts, Kernel } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { anyOf, ColumnJudge, negated, ShareCounter, type Judge } from './row-check.js';

type Missing = CheckOf<'missing_count'> | CheckOf<'missing_percent'>;

/** Counts nulls, and the values that stand for a missing one. */
class MissingKernel implements Kernel {
  private readonly count = new ShareCounter();
  private readonly coded: ColumnJudge | null;
  private fails = new Uint8Array(0);

  constructor(
    private readonly check: Missing,
    kind: ColumnKind,
  ) {
    const judges: Judge[] = [];
    if (check.set.length > 0) judges.push(negated(judgeInSet(check.set, kind)));
    if (check.nan && kind.floating) judges.push(judgeNaN);
    this.coded = judges.length === 0 ? null : new ColumnJudge(anyOf(...judges));
  }

  update(batch: Batch): void {
    const { column } = this.check;
    const chunk = batch.column(column);
    const anyCoded = this.coded !== null && this.coded.update(chunk);
    if (!anyCoded && chunk.nullCount === 0) {
      this.count.total += batch.rows;
      return;
    }
    if (this.fails.length < batch.rows) this.fails = new Uint8Array((batch.rows + 3) & ~3);
    for (let i = 0; i < batch.rows; i++) {
      this.fails[i] = chunk.valid?.[i] === 0 || (anyCoded && this.coded.fails[i] === 1) ? 1 : 0;
    }
    this.count.add(batch, batch.rows, this.fails, [column]);
  }

  updateFromFacts(facts: GroupFacts): boolean {
    if (this.coded !== null || facts.nullCount(this.check.column) !== 0) return false;
    this.count.total += facts.rows;
    return true;
  }

  state(): CheckState {
    return this.count.state();
  }
}

const base = {
  indexTexts: true,
  columns: (check: Missing) => [check.column],
  problems: limitsProblems,
  start: (check: Missing, [kind]: readonly ColumnKind[]) => new MissingKernel(check, kind!),
};

/** NaN is a value, unless `nan` says otherwise. */
export const missingCount: CheckDefinition<CheckOf<'missing_count'>> = {
  ...base,
  threshold: (check) => `${limitsWords(check)} missing values`,
  judge: (state, check) => judgeMissing(state as ShareState, check, (state as ShareState).failing),
};

/** Without rows it is 0. */
export const missingPercent: CheckDefinition<CheckOf<'missing_percent'>> = {
  ...base,
  threshold: (check) => `${limitsWords(check)} % missing values`,
  judge(state, check) {
    const { failing, total } = state as ShareState;
    return judgeMissing(state as ShareState, check, total === 0 ? 0 : (100 * failing) / total);
  },
};

function judgeMissing({ failing, total, examples }: ShareState, check: Missing, observed: number): Finding {
  return { ...withinLimits(observed, check), observed, failing, total, examples };
}
