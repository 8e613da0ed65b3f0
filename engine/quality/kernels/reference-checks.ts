import type { Check } from '../../../schemas/check.js';
import type { Json } from '../json.js';
import type { CheckState, RowsState } from '../states.js';
import { aggregate, isSingleValue } from './aggregate.js';
import { ChecksumKernel } from './checksum.js';
import type { CheckDefinition, CheckOf, Failed, Finding, JudgeContext, Skipped } from './kernel.js';
import { notNull } from './not-null.js';
import { RowCount } from './row-count.js';
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
