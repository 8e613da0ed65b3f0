import type { MetricPoint } from '../history/index.js';
import type { MetricAnomalySpec } from '../../../schemas/metric-anomaly.js';
import { metricOf } from '../profile/metric-of.js';
import type { CheckState, ProfileState, RowsState } from '../states.js';
import { isSingleValue } from './aggregate.js';
import type { CheckDefinition, CheckOf, EarlierVersion, Failed, Finding, JudgeContext, Skipped } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';
import { ProfileKernel } from './profile.js';
import { RowCount } from './row-count.js';

/**
 * Without so many earlier versions, and while the partition may still grow, the check is skipped; after a version without rows any
 * rows are an infinite change.
 */
export const rowCountChange: CheckDefinition<CheckOf<'row_count_change'>> = {
  columns: () => [],
  problems: limitsProblems,
  share: () => 'rows',
  start: () => new RowCount(),
  threshold: (check) =>
    `change of rows since ${check.lag === 1 ? 'the last version' : `${check.lag} versions ago`} ${limitsWords(check)}`,
  judge(state, check, { history, version }) {
    if (!version.closed) return { skipped: `not judged: the partition of ${version.time.toISOString()} is still open` };
    const closed = history.filter((earlier) => earlier.closed ?? true);
    const before = closed.at(-check.lag)?.profile.rows;
    if (before === undefined) return { skipped: `there are ${closed.length} earlier versions` };
    const { rows } = state as RowsState;
    const change = rows === before ? 0 : (rows - before) / before;
    const observed = Number.isFinite(change) ? change : String(change);
    return {
      ...withinLimits(change, check),
      observed,
      failing: 0,
      total: rows,
      examples: [],
      message: `${before} rows before`,
    };
  },
};

/** The number of rows by its own history. */
export const volumeAnomaly: CheckDefinition<CheckOf<'volume_anomaly'>> = {
  columns: () => [],
  share: () => 'rows',
  start: () => new RowCount(),
  threshold: (check) => `rows as expected by ${check.anomaly.method}`,
  judge: (state, check, context) =>
    judgeAnomaly((state as RowsState).rows, (version) => version.profile.rows, check.anomaly, context, state),
};

/** A measure of a column by its own history; versions in which it cannot be measured are left out. */
export const metricAnomaly: CheckDefinition<CheckOf<'metric_anomaly'>> = {
  columns: (check) => [check.column],
  problems: (check) =>
    check.metric === 'quantile' && check.quantile === undefined
      ? [{ path: 'quantile', message: 'must be given for the metric quantile' }]
      : [],
  share: (check) => `profile ${check.column}`,
  start: (check, _, { fields }) => new ProfileKernel(fields.filter(({ name }) => name === check.column)),
  threshold: (check) => `${check.metric} as expected by ${check.anomaly.method}`,
  observesValue: ({ metric }) => isSingleValue(metric),
  judge(state, check, context) {
    const { profile } = state as ProfileState;
    // Without any value there is no measure to be as it was, which is an anomaly like one that is not a number.
    const isEmpty = profile.columns.some(({ name, rows, nulls }) => name === check.column && rows === nulls);
    const value = metricOf(profile, check.column, check.metric, check.quantile) ?? (isEmpty ? NaN : null);
    if (value === null) return { failed: `the column ${check.column} has no ${check.metric}` };
    const earlier = ({ profile }: EarlierVersion) => metricOf(profile, check.column, check.metric, check.quantile);
    return judgeAnomaly(value, earlier, check.anomaly, context, state);
  },
};

function judgeAnomaly(
  value: number,
  earlier: (version: EarlierVersion) => number | null,
  anomaly: MetricAnomalySpec,
  { history, version, judges: { judgeMetricHistory } }: JudgeContext,
  state: CheckState,
): Finding | Skipped | Failed {
  if (judgeMetricHistory === undefined) throw new TypeError('the judge of history was not loaded');
  const points = history.flatMap((before): MetricPoint[] => {
    const measured = earlier(before);
    return measured === null ? [] : [{ time: before.time, value: measured, closed: before.closed ?? true }];
  });
  const { time, closed } = version;
  const result = judgeMetricHistory([...points, { time: time.toISOString(), value, closed }], anomaly);
  if (result.status === 'skip') return { skipped: result.message };
  return {
    passed: result.status === 'pass',
    observed: Number.isFinite(value) ? value : String(value),
    failing: 0,
    total: state.kind === 'rows' ? state.rows : (state as ProfileState).profile.rows,
    examples: [],
    message: result.message,
  };
}
