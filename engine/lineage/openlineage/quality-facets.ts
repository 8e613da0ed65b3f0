import { z } from 'zod';
import type { CheckResult, LineageRecordOf, QualityReport } from '../../../schemas/index.js';

/** One check as a test of a run. */
export function testOf({ name, status, severity, type, observed, threshold }: CheckResult) {
  return {
    name,
    status: status === 'pass' ? 'pass' : status === 'error' || status === 'skip' ? 'skip' : 'fail',
    severity: severityOf(severity),
    type,
    expected: threshold,
    actual: JSON.stringify(observed),
  };
}

/** One check as an assertion about the dataset. */
export function assertionOf({ name, type, status, column, severity, threshold, observed }: CheckResult) {
  return {
    assertion: type,
    name,
    success: status === 'pass',
    severity: severityOf(severity),
    expected: threshold,
    actual: JSON.stringify(observed),
    ...(column === null ? {} : { column }),
  };
}

/** The specification knows two severities: what blocks, and what does not. */
function severityOf(severity: CheckResult['severity']): 'error' | 'warn' {
  return severity === 'error' || severity === 'block' ? 'error' : 'warn';
}

/** As much of a suite as says what its checks measured. */
const suiteSchema = z.object({
  checks: z.array(
    z.looseObject({
      type: z.string(),
      metric: z.string().optional(),
      quantile: z.number().optional(),
      where: z.unknown().optional(),
      approximate: z.boolean().optional(),
    }),
  ),
});
type SuiteCheck = z.infer<typeof suiteSchema>['checks'][number];

/** What the checks of a report measured about whole columns, in the words of the specification’s metrics. */
export function metricsOf(start: LineageRecordOf<'run_started'>, step: string, report: QualityReport) {
  const steps = (start.specification as { steps?: Record<string, { suite?: unknown }> } | null)?.steps;
  const suite = suiteSchema.safeParse(steps?.[step]?.suite).data?.checks ?? [];
  const columnMetrics: Record<string, object> = {};
  report.checks.forEach((result, index) => {
    // Results come in the order of the suite; a check of some rows says nothing about the column.
    const check = suite[index];
    if (check?.type !== result.type || check.where !== undefined || result.column === null) return;
    const metric = metricOf(result, check);
    if (metric === undefined) return;
    columnMetrics[result.column] = merged(columnMetrics[result.column], metric);
  });
  return { rowCount: report.rows, columnMetrics };
}

function metricOf({ observed, failing, total, status }: CheckResult, check: SuiteCheck): object | undefined {
  if (status === 'error' || status === 'skip') return undefined;
  if (check.type === 'not_null') return { nullCount: failing, count: total - failing };
  if (typeof observed !== 'number' || !Number.isFinite(observed)) return undefined;
  if (check.type === 'distinct_count') return check.approximate === true ? undefined : { distinctCount: observed };
  if (check.type !== 'aggregate') return undefined;
  switch (check.metric) {
    case 'min':
    case 'max':
    case 'sum':
      return { [check.metric]: observed };
    case 'median':
      return { quantiles: { '0.5': observed } };
    case 'quantile':
      return { quantiles: { [String(check.quantile)]: observed } };
    default:
      return undefined;
  }
}

function merged(known: object = {}, found: object): object {
  const quantiles = { ...(known as { quantiles?: object }).quantiles, ...(found as { quantiles?: object }).quantiles };
  return { ...known, ...found, ...(Object.keys(quantiles).length > 0 && { quantiles }) };
}
