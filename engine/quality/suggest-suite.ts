import type { SuiteInput } from '../../schemas/check.js';
import { distinctOf } from './profile/metric-of.js';
import type { ColumnProfile, DatasetProfile } from './profile/profile.js';

type CheckInput = SuiteInput['checks'][number];

/** A check that is proposed, why, and what it would have said of earlier versions. */
export interface Suggestion {
  check: CheckInput;
  /** What in the data speaks for it. */
  reason: string;
  /** Earlier versions that it was tried on, and on how many of them it would have failed. */
  tried: number;
  fired: number;
}

/** Texts with at most so many different values are taken for categories. */
const MAX_CATEGORIES = 50;

/** A text column of categories has each of them so often, on average, at least. */
const ROWS_A_CATEGORY = 20;

/** The 97.5 % quantile of the normal distribution: bounds hold with 95 % confidence. */
const Z = 1.959963984540054;

/** A check that fired on a larger share of the earlier versions is not proposed. */
const MAX_FIRED = 0.1;

/** What a rule finds in a column, and whether a later profile of it would pass. */
interface Rule {
  check: CheckInput;
  reason: string;
  passes: (profile: DatasetProfile) => boolean;
}

/**
 * Proposes a suite from a profile, by the rules of Deequ: what holds of all rows is asked of all, and what holds of most is asked
 * of the share that Wilson’s interval leaves at the least. Each check is tried on earlier versions, and one that would have fired on
 * more than a tenth of them is not proposed.
 */
export function suggestSuite(profile: DatasetProfile, earlier: readonly DatasetProfile[] = []): Suggestion[] {
  const rules = [rowsRule(profile, earlier), ...profile.columns.flatMap((column) => columnRules(column))];
  return rules
    .map(({ check, reason, passes }) => {
      const fired = earlier.filter((version) => !passes(version)).length;
      const tail = earlier.length === 0 ? '' : `; would have fired on ${fired} of ${earlier.length}`;
      return { check, reason: `${reason}${tail}`, tried: earlier.length, fired };
    })
    .filter(({ tried, fired }) => fired <= tried * MAX_FIRED);
}

/**
 * Wilson’s interval for a share (E. B. Wilson, JASA 22 (1927) 209-212), with 95 % confidence.
 * @param passing rows of `total` for which something holds
 */
export function wilsonInterval(passing: number, total: number): [low: number, high: number] {
  if (total === 0) return [0, 1];
  const share = passing / total;
  const centre = (share + (Z * Z) / (2 * total)) / (1 + (Z * Z) / total);
  const half = (Z / (1 + (Z * Z) / total)) * Math.sqrt((share * (1 - share)) / total + (Z * Z) / (4 * total * total));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Half to double of what was there; with earlier versions, of the least and the most. */
function rowsRule(profile: DatasetProfile, earlier: readonly DatasetProfile[]): Rule {
  const counts = [profile, ...earlier].map(({ rows }) => rows);
  const [min, max] = [Math.floor(Math.min(...counts) / 2), Math.max(...counts) * 2];
  const reason = `versions have ${Math.min(...counts)} to ${Math.max(...counts)} rows`;
  return { check: { type: 'row_count', min, max }, reason, passes: ({ rows }) => rows >= min && rows <= max };
}

function columnRules(column: ColumnProfile): Rule[] {
  const there = column.rows - column.nulls;
  if (there === 0) return [];
  return [completeness(column), ...uniqueness(column, there), ...values(column, there)];
}

function completeness({ name, rows, nulls }: ColumnProfile): Rule {
  const least = nulls === 0 ? 1 : floor3(wilsonInterval(rows - nulls, rows)[0]);
  const check: CheckInput = { type: 'not_null', column: name, ...(least === 1 ? {} : { mostly: least }) };
  return {
    check,
    reason: nulls === 0 ? 'it has no nulls' : `it has ${nulls} nulls in ${rows} rows`,
    passes: onColumn(name, (later) => later.rows === 0 || (later.rows - later.nulls) / later.rows >= least),
  };
}

function uniqueness({ name, domain, distinct }: ColumnProfile, there: number): Rule[] {
  const mayBeKey = domain === 'text' || domain === 'integer' || domain === 'number';
  if (!mayBeKey || there < ROWS_A_CATEGORY) return [];
  const passes = onColumn(name, (later) => distinctOf(later) >= (later.rows - later.nulls) * 0.95);
  if (distinct.exact === there) {
    return [{ check: { type: 'unique', column: name }, reason: `all ${there} values differ`, passes }];
  }
  // A sketch tells only that nearly all differ, so no more is asked.
  if (distinct.exact !== null || distinctOf({ distinct }) < there * 0.95) return [];
  return [{ check: { type: 'unique_ratio', column: name, min: 0.9 }, reason: 'nearly all values differ', passes }];
}

function values({ name, nans, moments, categories }: ColumnProfile, there: number): Rule[] {
  const rules: Rule[] = [];
  if (moments !== null && categories === null && nans === 0 && moments.infinite === 0) {
    rules.push({
      check: { type: 'finite', column: name },
      reason: 'it has neither NaN nor infinities',
      passes: onColumn(name, (later) => later.nans === 0 && (later.moments?.infinite ?? 0) === 0),
    });
    if (moments.min >= 0) {
      rules.push({
        check: { type: 'between', column: name, min: 0 },
        reason: 'no value is negative',
        passes: onColumn(
          name,
          (later) => later.moments === null || later.moments.count === 0 || later.moments.min >= 0,
        ),
      });
    }
    const spread = 4 * Math.sqrt(moments.m2 / Math.max(1, moments.count - 1));
    const [min, max] = [round3(moments.mean - spread), round3(moments.mean + spread)];
    rules.push({
      check: { type: 'aggregate', metric: 'mean', column: name, min, max },
      reason: `its mean is ${round3(moments.mean)}`,
      passes: onColumn(name, ({ moments: later }) => later !== null && later.mean >= min && later.mean <= max),
    });
  }
  const texts = categories?.values.map(([value]) => value) ?? [];
  const isCategorical = texts.length <= MAX_CATEGORIES && there >= texts.length * ROWS_A_CATEGORY;
  if (categories?.exact && isCategorical && texts.every((text) => typeof text === 'string')) {
    const known = new Set<string | boolean>(texts);
    rules.push({
      check: { type: 'in_set', column: name, set: texts },
      reason: `it has ${texts.length} values`,
      passes: onColumn(name, (later) => later.categories?.values.every(([value]) => known.has(value)) ?? false),
    });
  }
  return rules;
}

function onColumn(name: string, passes: (column: ColumnProfile) => boolean): Rule['passes'] {
  return ({ columns }) => {
    const column = columns.find((candidate) => candidate.name === name);
    return column !== undefined && passes(column);
  };
}

function floor3(share: number): number {
  return Math.floor(share * 1000) / 1000;
}

function round3(value: number): number {
  return Number(value.toPrecision(4));
}
