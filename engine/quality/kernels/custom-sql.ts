import type { SqlState } from '../states.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { limitsProblems, limitsWords, withinLimits } from './limits.js';

const hasLimits = ({ min, max, warn }: CheckOf<'custom_sql'>) =>
  min !== undefined || max !== undefined || warn !== undefined;

/** The query is run by DuckDB beside the scan; see `custom-sql.ts` of the room. NULL is no number, so it fails limits. */
export const customSql: CheckDefinition<CheckOf<'custom_sql'>> = {
  columns: () => [],
  problems: (check) => (hasLimits(check) ? limitsProblems(check) : []),
  share: (check) => `sql ${check.sql}`,
  start: () => ({ update: () => undefined, updateFromFacts: () => true, state: () => ({ kind: 'nothing' }) }),
  threshold: (check) => (hasLimits(check) ? `the query’s number ${limitsWords(check)}` : 'the query gives no rows'),
  judge(state, check) {
    const { rows, value, examples } = state as SqlState;
    if (!hasLimits(check)) {
      return { passed: rows === 0, observed: rows, failing: rows, total: 0, examples };
    }
    if (typeof value !== 'number' && value !== null) return { failed: 'the query gives no single number' };
    const number = value ?? NaN;
    const observed = Number.isFinite(number) ? number : String(value);
    return { ...withinLimits(number, check), observed, failing: 0, total: 0, examples: [] };
  },
};
