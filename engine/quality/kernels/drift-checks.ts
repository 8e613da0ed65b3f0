import type { ColumnDrift, DriftReport } from '../../../schemas/drift.js';
import { nearestName } from '../../../schemas/nearest.js';
import { describeDrift } from '../drift/describe-drift.js';
import type { CheckState, ProfileState } from '../states.js';
import type { CheckDefinition, CheckOf, Failed, Finding, JudgeContext, Skipped } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { ProfileKernel } from './profile.js';

type AnyDrift = CheckOf<'drift'> | CheckOf<'dataset_drift'> | CheckOf<'train_serve_skew'>;
type Outcome = Finding | Skipped | Failed;

/** Compares the profile of what was read with that of the reference. */
function reportOf(
  state: CheckState,
  check: AnyDrift,
  { findings, judges: { compareProfiles } }: JudgeContext,
  columnMax?: number,
): DriftReport | Failed | Skipped {
  const { profile } = state as ProfileState;
  if (compareProfiles === undefined) throw new TypeError('the judge of drift was not loaded');
  const before = findings?.profile;
  if (findings?.absent !== undefined) return { skipped: findings.absent };
  if (before === undefined) return { failed: findings?.failed ?? 'the reference was not read' };
  const only = check.type === 'drift' ? [check.column] : (check.columns ?? undefined);
  const names = new Set([...profile.columns, ...before.columns].map(({ name }) => name));
  const unknown = only?.find((name) => !names.has(name));
  if (unknown !== undefined)
    return { failed: `there is no column "${unknown}"; did you mean "${nearestName(unknown, names)}"?` };
  const { metric: method, alpha } = check;
  try {
    return compareProfiles(before, profile, { only, method, threshold: columnMax, alpha });
  } catch (error) {
    return { failed: (error as Error).message };
  }
}

/** Nulls and NaN are left out on both sides. A column without values, or of another type than before, has drifted. */
export const drift: CheckDefinition<CheckOf<'drift'>> = {
  columns: (check) => [check.column],
  share: (check) => `profile ${check.column}`,
  start: (check, _, { fields }) => new ProfileKernel(fields.filter(({ name }) => name === check.column)),
  comparison: (check) => ({ reference: check.reference, profile: [check.column] }),
  threshold(check) {
    const warn = check.warn === undefined ? '' : `, warns from ${check.warn.max}`;
    return `${check.metric ?? 'drift'} from ${check.reference} below ${check.max}${warn}`;
  },
  judge(state, check, context): Outcome {
    const [report, stricter] = [check.max, check.warn?.max ?? check.max].map((max) =>
      reportOf(state, check, context, max),
    );
    if ('failed' in report! || 'skipped' in report!) return report;
    const column = report!.columns[0]!;
    if (column.drifted === null) return { skipped: column.message };
    return {
      passed: !column.drifted,
      calm: !('columns' in stricter!) || stricter.columns[0]!.drifted !== true,
      observed: column.effect,
      failing: 0,
      total: column.currentRows,
      examples: [],
      message: column.message,
    };
  },
};

const ofColumns = {
  columns: (check: { columns?: string[] | undefined }) => check.columns ?? [],
  reads: (check: { columns?: string[] | undefined }, fields: readonly { name: string }[]) =>
    fields.map(({ name }) => name).filter((name) => check.columns === undefined || check.columns.includes(name)),
  problems: limitsProblems,
  comparison: (check: { reference: string; columns?: string[] | undefined }) =>
    ({ reference: check.reference, profile: check.columns ?? 'all' }) as const,
};

function driftedColumns(report: DriftReport, { alpha }: AnyDrift, { piiColumns }: JudgeContext): string {
  return report.columns
    .filter(({ drifted }) => drifted === true)
    .map(
      (drift) => `${drift.column} ${piiColumns.includes(drift.column) ? withoutValues(drift, alpha) : drift.message}`,
    )
    .slice(0, 10)
    .join('; ');
}

/** The finding without the categories, which are values. */
function withoutValues(drift: ColumnDrift, alpha: number): string {
  if (drift.method === null) return drift.message;
  return describeDrift({ ...drift, newCategoryCount: 0, vanishedCategoryCount: 0 }, alpha);
}

/** Times are not compared unless a metric is named: time goes on. At the limit itself the dataset has drifted. */
export const datasetDrift: CheckDefinition<CheckOf<'dataset_drift'>> = {
  ...ofColumns,
  start: (check, _, { fields }) => new ProfileKernel(namedFields(check, fields)),
  threshold: (check) => `share of columns that drifted from ${check.reference} below ${check.max}`,
  judge(state, check, context): Outcome {
    const report = reportOf(state, check, context, check.columnMax);
    if (!('columns' in report)) return report;
    const share = report.driftShare;
    if (share === null) return { skipped: 'no column could be compared' };
    const { rows } = (state as ProfileState).profile;
    const message = driftedColumns(report, check, context);
    return {
      passed: share < check.max && share >= (check.min ?? 0),
      calm: share < (check.warn?.max ?? Infinity),
      observed: share,
      failing: 0,
      total: rows,
      examples: [],
      ...(message === '' ? {} : { message }),
    };
  },
};

/** As `dataset_drift`, but one column that differs is too many, by default. */
export const trainServeSkew: CheckDefinition<CheckOf<'train_serve_skew'>> = {
  ...ofColumns,
  start: (check, _, { fields }) => new ProfileKernel(namedFields(check, fields)),
  threshold: (check) => `${limitsWords(check)} columns that differ from ${check.reference}`,
  judge(state, check, context): Outcome {
    const report = reportOf(state, check, context, check.columnMax);
    if (!('columns' in report)) return report;
    if (report.driftShare === null) return { skipped: 'no column could be compared' };
    const message = driftedColumns(report, check, context);
    return {
      ...withinLimits(report.driftedColumns, check),
      observed: report.driftedColumns,
      failing: 0,
      total: (state as ProfileState).profile.rows,
      examples: [],
      ...(message === '' ? {} : { message }),
    };
  },
};

function namedFields<F extends { name: string }>(
  { columns }: { columns?: string[] | undefined },
  fields: readonly F[],
): F[] {
  return fields.filter(({ name }) => columns === undefined || columns.includes(name));
}
