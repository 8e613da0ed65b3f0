import type { Categories, ColumnProfile } from '../profile/profile.js';
import { columnsOf, floorShare, onColumn, presentIn, type Rule } from './rule.js';
import { patternOf } from './text-pattern.js';
import { wilsonInterval } from './wilson-interval.js';

/** Texts with at most so many different values are taken for a set. */
const MOST_VALUES = 500;

/** A column of a set has each value so often, on average, at least. */
const ROWS_A_VALUE = 20;

/** With fewer different values a pattern says less than the set of them. */
const LEAST_FOR_PATTERN = 10;

/** Rules of a column of texts: the values that there are, and how they look. */
export function textRules(column: ColumnProfile): Rule[] {
  const { name, domain, categories } = column;
  if (domain !== 'text' || categories === null || categories.values.length === 0) return [];
  return [...setRules(name, presentIn(column), categories), ...patternRules(name, [categories])];
}

function setRules(name: string, there: number, { values, exact }: Categories): Rule[] {
  if (!exact || values.length > MOST_VALUES || there < values.length * ROWS_A_VALUE) return [];
  // Values that were seen but once tell how often there is one that was not seen yet (I. J. Good, Biometrika 40 (1953)).
  const once = values.filter(([, rows]) => rows === 1).length;
  const mostly = once === 0 ? 1 : floorShare(1 - wilsonInterval(once, there)[1]);
  return [
    inSet(
      name,
      textsOf([{ values }]),
      mostly,
      `it has ${values.length} values${once === 0 ? '' : `, ${once} of them once`}`,
    ),
  ];
}

function inSet(name: string, set: readonly string[], mostly: number, reason: string): Rule {
  const known = new Set<string | boolean>(set);
  return {
    check: { type: 'in_set', column: name, set: [...set], ...(mostly === 1 ? {} : { mostly }) },
    reason,
    passes: onColumn(name, (later) => {
      const there = presentIn(later);
      const passing = (later.categories?.values ?? []).reduce(
        (sum, [value, rows]) => sum + (known.has(value) ? rows : 0),
        0,
      );
      return there === 0 || passing / there >= mostly;
    }),
    loosened(earlier) {
      const lists = columnsOf(earlier, name).flatMap(({ categories }) => categories ?? []);
      const wider = textsOf([{ values: set.map((value): [string, number] => [value, 0]) }, ...lists]);
      if (lists.some(({ exact }) => !exact) || wider.length > MOST_VALUES) return null;
      return inSet(name, wider, mostly, `versions have ${wider.length} values`);
    },
  };
}

/** Patterns of the values that are listed; where these are not all, the reason says so. */
function patternRules(name: string, lists: readonly Categories[]): Rule[] {
  const texts = textsOf(lists);
  const pattern = texts.length < LEAST_FOR_PATTERN ? undefined : patternOf(texts);
  if (pattern === undefined) return [];
  const expression = new RegExp(pattern, 'u');
  const all = lists.every(({ exact }) => exact);
  return [
    {
      check: { type: 'regex', column: name, pattern },
      reason: all ? `all ${texts.length} values look so` : `the ${texts.length} most frequent values look so`,
      passes: onColumn(
        name,
        ({ categories }) => categories?.values.every(([text]) => expression.test(String(text))) ?? false,
      ),
      loosened: (earlier) =>
        patternRules(name, [...lists, ...columnsOf(earlier, name).flatMap(({ categories }) => categories ?? [])])[0] ??
        null,
    },
  ];
}

function textsOf(lists: readonly Pick<Categories, 'values'>[]): string[] {
  return [...new Set(lists.flatMap(({ values }) => values.map(([value]) => String(value))))];
}
