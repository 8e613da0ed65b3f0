import type { Check } from '../../../schemas/check.js';
import { ByteSet } from '../byte-set.js';
import { ComparableColumns } from '../comparable-columns.js';
import { hasNull, KeyWriter } from '../key-writer.js';
import { Misfit } from '../literals.js';
import type { ColumnKind } from '../column-kind.js';
import type { Json } from '../json.js';
import type { CheckState, KeysState, RowsState } from '../states.js';
import { aggregate, isSingleValue } from './aggregate.js';
import { ChecksumKernel } from './checksum.js';
import type { Batch, CheckDefinition, CheckOf, Failed, Finding, JudgeContext, Kernel, Skipped } from './kernel.js';
import { notNull } from './not-null.js';
import { judgeShare, ShareCounter, withMostly } from './row-check.js';
import { RowCount } from './row-count.js';
import { keyColumnsOf, keyProblems } from './unique.js';
import { distinctCount } from './value-share-checks.js';

type CommonFields = 'severity';

/** The parts of a check that do not matter when it only measures a reference. */
const MEASURING = { severity: 'error' as const } satisfies Pick<Check, CommonFields>;

/** Compares with the rows of the reference, all of them; `where` filters this dataset alone. */
export const rowCountMatch: CheckDefinition<CheckOf<'row_count_match'>> = {
  columns: () => [],
  share: () => 'rows',
  start: () => new RowCount(),
  comparison: ({ reference }) => ({ reference, check: { type: 'row_count', ...MEASURING } }),
  threshold: (check) => `as many rows as ${check.reference}${toleranceWords(check.tolerance)}`,
  judge(state, check, { findings }) {
    if (findings?.state?.kind !== 'rows') return { failed: findings?.failed ?? 'the reference was not read' };
    const { rows } = state as RowsState;
    const other = findings.state.rows;
    const passed = Math.abs(rows - other) <= check.tolerance * other;
    return {
      passed,
      observed: rows,
      failing: 0,
      total: rows,
      examples: [],
      message: `the reference has ${other} rows`,
    };
  },
};

class Relationships implements Kernel {
  private readonly count = new ShareCounter();
  private readonly keys: ByteSet;
  private readonly key = new KeyWriter();
  private readonly comparable: ComparableColumns;
  private fails = new Uint8Array(0);

  /** @throws Misfit where the types cannot be compared */
  constructor(
    private readonly columns: readonly string[],
    kinds: readonly ColumnKind[],
    reference: { state: KeysState; kinds: readonly ColumnKind[] },
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
      if (foreign?.[row] === 1) {
        this.fails[row] = 1;
        continue;
      }
      this.key.write(chunks, strides, row);
      if (this.keys.find(this.key.bytes, 0, this.key.length) < 0) this.fails[row] = 1;
    }
    this.count.add(batch, judged, this.fails, this.columns);
  }

  state(): CheckState {
    return this.count.state();
  }
}

/** As SQL’s foreign keys: rows with a null in a column are passed over. Values of other types are compared where that is exact. */
export const relationships: CheckDefinition<CheckOf<'relationships'>> = {
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
    check: { type: 'unique', columns: [...(check.referenceColumns ?? keyColumnsOf(check))], mostly: 0, ...MEASURING },
  }),
  start(check, kinds, { findings }) {
    if (findings?.state?.kind !== 'keys') throw new Misfit(findings?.failed ?? 'the reference was not read');
    return new Relationships(keyColumnsOf(check), kinds, { state: findings.state, kinds: findings.kinds ?? [] });
  },
  threshold: (check) =>
    withMostly(`in ${(check.referenceColumns ?? keyColumnsOf(check)).join(', ')} of ${check.reference}`, check),
  judge: judgeShare,
};

/** The check that measures what is reconciled; null for the checksum, which is no check of its own. */
function measuring(check: CheckOf<'reconciliation'>): Check | null {
  const column = check.column ?? '';
  switch (check.metric) {
    case 'checksum':
      return null;
    case 'row_count':
      return { type: 'row_count', ...MEASURING };
    case 'null_count':
      return { type: 'not_null', column, mostly: 1, ...MEASURING };
    case 'distinct_count':
      return { type: 'distinct_count', column, approximate: false, ...MEASURING };
    case 'sum':
    case 'min':
    case 'max':
    case 'mean':
    case 'stddev':
      return { type: 'aggregate', metric: check.metric, column, ...MEASURING };
    default:
      return check.metric satisfies never;
  }
}

/** A measure of both datasets: a number exactly or as a double, times as ISO 8601. `where` filters this dataset alone. */
export const reconciliation: CheckDefinition<CheckOf<'reconciliation'>> = {
  columns: (check) => check.columns ?? (check.column === undefined ? [] : [check.column]),
  reads(check, fields) {
    if (check.metric === 'row_count') return [];
    if (check.metric !== 'checksum') return [check.column!];
    return check.columns ?? (check.column === undefined ? fields.map(({ name }) => name) : [check.column]);
  },
  problems({ metric, column, columns }) {
    const isFree = metric === 'checksum' || metric === 'row_count';
    if (!isFree && column === undefined) return [{ path: 'column', message: `must be given for the metric ${metric}` }];
    return metric !== 'checksum' && columns !== undefined
      ? [{ path: 'columns', message: `has no meaning for the metric ${metric}` }]
      : [];
  },
  comparison: (check) => ({ reference: check.reference, check: { ...check, where: undefined, reference: '' } }),
  start(check, kinds, context) {
    const columns = reconciliation.reads!(check, context.fields);
    if (check.metric === 'checksum') return new ChecksumKernel(columns, kinds, context.findings?.kinds);
    const inner = measuring(check)!;
    if (inner.type === 'aggregate') return aggregate.start(inner, kinds, context);
    if (inner.type === 'not_null') return notNull.start(inner, kinds, context);
    if (inner.type === 'distinct_count') return distinctCount.start(inner, kinds, context);
    return new RowCount();
  },
  threshold: (check) => `${check.metric} equals that of ${check.reference}${toleranceWords(check.tolerance)}`,
  observesValue: ({ metric }) => isSingleValue(metric),
  judge: judgeReconciliation,
};

function judgeReconciliation(
  state: Exclude<CheckState, { kind: 'error' }>,
  check: CheckOf<'reconciliation'>,
  context: JudgeContext,
): Finding | Skipped | Failed {
  const { findings } = context;
  if (findings?.state === undefined || findings.state.kind === 'error') {
    return { failed: findings?.failed ?? 'the reference was not read' };
  }
  const kinds = findings.kinds ?? [];
  const [own, other] = [measured(state, check, context), measured(findings.state, check, { ...context, kinds })];
  return {
    passed: agree(own, other, check.tolerance),
    observed: own,
    failing: 0,
    total: 'total' in state ? state.total : 'rows' in state ? state.rows : 0,
    examples: [],
    message: `the reference has ${JSON.stringify(other)}`,
  };
}

function measured(
  state: Exclude<CheckState, { kind: 'error' }>,
  check: CheckOf<'reconciliation'>,
  context: JudgeContext,
): Json {
  if (state.kind === 'checksum') return `${state.rows} rows, ${state.sum.toString(16).padStart(16, '0')}`;
  if (state.kind === 'rows') return state.rows;
  if (state.kind === 'share') return state.failing;
  const inner = measuring(check);
  if (inner?.type === 'aggregate') return (aggregate.judge(state, inner, context) as Finding).observed;
  if (inner?.type === 'distinct_count') return (distinctCount.judge(state, inner, context) as Finding).observed;
  return null;
}

function agree(own: Json, other: Json, tolerance: number): boolean {
  if (own === 'NaN' || own === null) return false;
  if (own === other || withoutZeros(own) === withoutZeros(other)) return true;
  const [a, b] = [Number(own), Number(other)];
  return tolerance > 0 && Math.abs(a - b) <= tolerance * Math.abs(b);
}

/** A number as text, a decimal without the zeros at its end that its scale puts there. */
function withoutZeros(value: Json): string {
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^-?\d+\.\d+$/.test(value) ? value.replace(/\.?0+$/, '') : value;
}

function toleranceWords(tolerance: number): string {
  return tolerance === 0 ? '' : ` within ${tolerance * 100} %`;
}
