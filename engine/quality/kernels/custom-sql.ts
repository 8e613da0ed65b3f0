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
  judge(state, check, { rows: total }) {
    const { rows, value, examples } = state as SqlState;
    if (!hasLimits(check)) {
      return { passed: rows === 0, observed: rows, failing: rows, total, examples };
    }
    if (value === 'none') return { failed: 'the query gives no single number' };
    // An integer beyond 2^53 comes as its digits; a BigInt compares with doubles without loss.
    const number = typeof value === 'string' ? BigInt(value) : (value ?? NaN);
    const observed = typeof number === 'bigint' || Number.isFinite(number) ? value : String(value);
    return { ...withinLimits(number, check), observed, failing: 0, total, examples: [] };
  },
};
