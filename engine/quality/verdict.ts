import type { Check, Suite } from '../../schemas/check.js';
import type { CheckResult, QualityReport } from '../../schemas/quality-report.js';
import { definitionOf } from './kernels/index.js';
import type { CheckState } from './states.js';
import { checkNames } from './validate-suite.js';

/** Instants at which the age of data is measured. */
export interface Clock {
  now: Date;
  /** End of the partition window, where there is one. */
  windowEnd?: Date | undefined;
}

/** The results of a suite from the states of its checks, in its order. Pure. */
export function resultsOf(suite: Suite, states: readonly CheckState[], clock: Clock): CheckResult[] {
  const names = checkNames(suite);
  return suite.checks.map((check, i) => resultOf(names[i]!, check, states[i]!, clock));
}

/** The verdict on the whole. Failures of severity info are shown as `warn` and do not count. */
export function verdictOf(results: readonly CheckResult[]): QualityReport['verdict'] {
  if (results.some((result) => result.status === 'error')) return 'error';
  if (results.some((result) => result.status === 'fail')) return 'fail';
  return results.some((result) => result.status === 'warn' && result.severity !== 'info') ? 'warn' : 'pass';
}

function resultOf(name: string, check: Check, state: CheckState, clock: Clock): CheckResult {
  const definition = definitionOf(check);
  const columns = definition.columns(check);
  const base = {
    name,
    type: check.type,
    column: columns.length === 0 ? null : columns.join(', '),
    severity: check.severity,
    threshold: definition.threshold(check),
  };
  if (state.kind === 'error') {
    return { ...base, status: 'error', observed: null, failing: 0, total: 0, examples: [], message: state.message };
  }
  const atWindowEnd = check.type === 'freshness' && check.reference === 'window_end';
  const { passed, ...finding } = definition.judge(state, check, (atWindowEnd && clock.windowEnd) || clock.now);
  return { ...base, status: passed ? 'pass' : failedStatus(check.severity), ...finding };
}

function failedStatus(severity: Check['severity']): CheckResult['status'] {
  return severity === 'error' || severity === 'block' ? 'fail' : 'warn';
}
