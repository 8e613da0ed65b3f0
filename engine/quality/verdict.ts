import type { Check, Suite } from '../../schemas/check.js';
import type { CheckResult, QualityReport } from '../../schemas/quality-report.js';
import type { ColumnKind, Field } from './column-kind.js';
import { definitionOf } from './kernels/index.js';
import type { EarlierVersion, JudgeContext, Judges, ReferenceFindings } from './kernels/kernel.js';
import type { CheckState } from './states.js';
import { checkNames } from './validate-suite.js';

/** Instants at which the age of data is measured. */
export interface Clock {
  now: Date;
  /** Start of the partition window, where there is one: the version is as old as that, and no later one is earlier history. */
  windowStart?: Date | undefined;
  /** End of the partition window, where there is one. */
  windowEnd?: Date | undefined;
}

/** What a scan saw, and what it is judged by. All lists are in the order of the suite, but `fields` and `history`. */
export interface Evidence {
  /** Rows of the dataset. */
  rows: number;
  states: readonly CheckState[];
  kinds: readonly (readonly ColumnKind[])[];
  fields: readonly Field[];
  findings: readonly (ReferenceFindings | undefined)[];
  /** Earlier versions of the dataset, the oldest first. */
  history: readonly EarlierVersion[];
  judges: Judges;
}

/** The results of a suite from what was seen, in its order. Pure. */
export function resultsOf(suite: Suite, evidence: Evidence, clock: Clock): CheckResult[] {
  const names = checkNames(suite);
  const { now, windowStart, windowEnd } = clock;
  const history = windowStart === undefined ? evidence.history : versionsBefore(windowStart, evidence.history);
  const newest = history.reduce((latest, { time }) => Math.max(latest, Date.parse(time)), -Infinity);
  // Without a window what is checked is the newest version, whatever the clock says.
  const version = {
    time: windowStart ?? new Date(Math.max(now.getTime(), newest + 1)),
    closed: windowEnd === undefined || windowEnd.getTime() <= now.getTime(),
  };
  return suite.checks.map((check, i) => {
    const atNow = check.type === 'freshness' && check.reference === 'now';
    const context = {
      rows: evidence.rows,
      reference: (!atNow && windowEnd) || now,
      kinds: evidence.kinds[i] ?? [],
      fields: evidence.fields,
      findings: evidence.findings[i],
      history,
      version,
      piiColumns: suite.piiColumns,
      judges: evidence.judges,
    };
    return resultOf(names[i]!, check, evidence.states[i]!, context);
  });
}

function versionsBefore(start: Date, history: readonly EarlierVersion[]): EarlierVersion[] {
  return history.filter(({ time }) => Date.parse(time) < start.getTime());
}

/** The verdict on the whole. Failures of severity info are shown as `warn` and do not count. */
export function verdictOf(results: readonly CheckResult[]): QualityReport['verdict'] {
  if (results.some((result) => result.status === 'error')) return 'error';
  if (results.some((result) => result.status === 'fail')) return 'fail';
  return results.some((result) => result.status === 'warn' && result.severity !== 'info') ? 'warn' : 'pass';
}

function resultOf(name: string, check: Check, state: CheckState, context: JudgeContext): CheckResult {
  const definition = definitionOf(check);
  const columns = definition.columns(check);
  const base = {
    name,
    type: check.type,
    column: columns.length === 0 ? null : columns.join(', '),
    severity: check.severity,
    threshold: definition.threshold(check),
  };
  const nothing = { observed: null, failing: 0, total: 0, examples: [] };
  if (state.kind === 'error') return { ...base, status: 'error', ...nothing, message: state.message };
  const outcome = definition.judge(state, check, context);
  if ('failed' in outcome) return { ...base, status: 'error', ...nothing, message: outcome.failed };
  if ('skipped' in outcome) return { ...base, status: 'skip', ...nothing, message: outcome.skipped };
  const { passed, calm = true, ...finding } = outcome;
  const status = passed ? (calm ? 'pass' : 'warn') : failedStatus(check.severity);
  // What is told of a column with personal data might show its values.
  if (columns.some((column) => context.piiColumns.includes(column))) {
    delete finding.message;
    if (definition.observesValue?.(check) === true && finding.observed !== null) {
      return {
        ...base,
        status,
        ...finding,
        observed: null,
        message: 'not shown: a value of a column with personal data',
      };
    }
  }
  return { ...base, status, ...finding };
}

function failedStatus(severity: Check['severity']): CheckResult['status'] {
  return severity === 'error' || severity === 'block' ? 'fail' : 'warn';
}
