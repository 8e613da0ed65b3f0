import { distinctOf } from '../profile/metric-of.js';
import type { ColumnProfile, DatasetProfile } from '../profile/profile.js';
import { columnOf, floorShare, onColumn, presentIn, type Rule } from './rule.js';
import { wilsonInterval } from './wilson-interval.js';

/** Columns with fewer values are not said to be keys. */
const LEAST_KEYS = 20;

/** Share of distinct values from which a sketch of them lets a column pass for one without repetition. */
const NEARLY_ALL = 0.95;

/** How complete a column is: what holds of all rows is asked of all, else of the share that Wilson’s interval leaves at the least. */
export function completeness(column: ColumnProfile): Rule {
  const { name, rows, nulls } = column;
  return atLeast(name, leastShare(column), nulls === 0 ? 'it has no nulls' : `it has ${nulls} nulls in ${rows} rows`);
}

function atLeast(name: string, least: number, reason: string): Rule {
  return {
    check: { type: 'not_null', column: name, ...(least === 1 ? {} : { mostly: least }) },
    reason,
    passes: onColumn(name, (later) => later.rows === 0 || presentIn(later) / later.rows >= least),
    loosened(earlier: readonly DatasetProfile[]) {
      const columns = earlier.flatMap((version) => columnOf(version, name) ?? []);
      const wider = Math.min(least, ...columns.map(leastShare));
      return wider > 0 && wider < least ? atLeast(name, wider, `${reason}, earlier versions have more`) : null;
    },
  };
}

function leastShare({ rows, nulls }: ColumnProfile): number {
  return nulls === 0 ? 1 : floorShare(wilsonInterval(rows - nulls, rows)[0]);
}

/** Whether values repeat. Not asked of floating point, where that they all differ means nothing. */
export function uniqueness(column: ColumnProfile): Rule[] {
  const { name, type, domain, distinct } = column;
  const there = presentIn(column);
  const mayBeKey = domain === 'text' || domain === 'integer' || (domain === 'number' && !type.startsWith('Float'));
  if (!mayBeKey || there < LEAST_KEYS) return [];
  const passes = onColumn(name, (later) => distinctOf(later) >= presentIn(later) * NEARLY_ALL);
  if (distinct.exact === there) {
    return [{ check: { type: 'unique', column: name }, reason: `all ${there} values differ`, passes }];
  }
  // A sketch tells only that nearly all differ, so no more is asked.
  if (distinct.exact !== null || distinctOf(column) < there * NEARLY_ALL) return [];
  return [{ check: { type: 'unique_ratio', column: name, min: 0.9 }, reason: 'nearly all values differ', passes }];
}
