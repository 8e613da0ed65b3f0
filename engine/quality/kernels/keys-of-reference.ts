import { ByteSet } from '../byte-set.js';
import type { ColumnKind } from '../column-kind.js';
import { ComparableColumns } from '../comparable-columns.js';
import { hasNull, KeyWriter } from '../key-writer.js';
import { Misfit } from '../literals.js';
import type { CheckState, KeysState } from '../states.js';
import type { Batch, CheckDefinition, CheckOf, Kernel } from './kernel.js';
import { judgeShare, ShareCounter, withMostly } from './row-check.js';
import { keyColumnsOf, keyProblems } from './unique.js';

/** Looks keys up among those of a reference. */
class KeysOfReference implements Kernel {
  private readonly count = new ShareCounter();
  private readonly keys: ByteSet;
  private readonly key = new KeyWriter();
  private readonly comparable: ComparableColumns;
  private fails = new Uint8Array(0);

  /**
   * @param wanted whether a row passes by having its key in the reference, or by not having it there
   * @throws Misfit where the types cannot be compared
   */
  constructor(
    private readonly columns: readonly string[],
    kinds: readonly ColumnKind[],
    reference: { state: KeysState; kinds: readonly ColumnKind[] },
    private readonly wanted: boolean,
  ) {
    this.comparable = new ComparableColumns(kinds, reference.kinds);
    this.keys = ByteSet.from(reference.state.keys);
  }

  update(batch: Batch): void {
    const { strides } = this.comparable;
    const { chunks, foreign } = this.comparable.layOut(this.columns.map((column) => batch.column(column)));
    if (this.fails.length < batch.rows) this.fails = new Uint8Array((batch.rows + 3) & ~3);
    let judged = 0;
    for (let row = 0; row < batch.rows; row++) {
      this.fails[row] = 0;
      if (hasNull(chunks, row)) continue;
      judged++;
      let found = false;
      if (foreign?.[row] !== 1) {
        this.key.write(chunks, strides, row);
        found = this.keys.find(this.key.bytes, 0, this.key.length) >= 0;
      }
      if (found !== this.wanted) this.fails[row] = 1;
    }
    this.count.add(batch, judged, this.fails, this.columns);
  }

  state(): CheckState {
    return this.count.state();
  }
}

function keysCheck<C extends CheckOf<'relationships'> | CheckOf<'key_overlap'>>(wanted: boolean): CheckDefinition<C> {
  return {
    columns: keyColumnsOf,
    problems(check) {
      const { referenceColumns } = check;
      const problems = keyProblems(check);
      if (referenceColumns !== undefined && referenceColumns.length !== keyColumnsOf(check).length) {
        problems.push({
          path: 'referenceColumns',
          message: `must name as many columns as are checked (${keyColumnsOf(check).length})`,
        });
      }
      return problems;
    },
    comparison: (check) => ({
      reference: check.reference,
      check: {
        type: 'unique',
        columns: [...(check.referenceColumns ?? keyColumnsOf(check))],
        mostly: 0,
        severity: 'error',
      },
    }),
    start(check, kinds, { findings }) {
      if (findings?.state?.kind !== 'keys') throw new Misfit(findings?.failed ?? 'the reference was not read');
      const reference = { state: findings.state, kinds: findings.kinds ?? [] };
      return new KeysOfReference(keyColumnsOf(check), kinds, reference, wanted);
    },
    threshold(check) {
      const keys = (check.referenceColumns ?? keyColumnsOf(check)).join(', ');
      return withMostly(`${wanted ? 'in' : 'not in'} ${keys} of ${check.reference}`, check);
    },
    judge: judgeShare,
  };
}

/** As SQL’s foreign keys: rows with a null in a column are passed over. Values of other types are compared where that is exact. */
export const relationships = keysCheck<CheckOf<'relationships'>>(true);

/** The same, negated: rows that the reference has too fail, as test data among training data. */
export const keyOverlap = keysCheck<CheckOf<'key_overlap'>>(false);
