import type { Check } from '../../../schemas/check.js';
import { between } from './between.js';
import { freshness } from './freshness.js';
import { inSet } from './in-set.js';
import type { CheckDefinition, CheckOf } from './kernel.js';
import { notNull } from './not-null.js';
import { regex } from './regex.js';
import { rowCount } from './row-count.js';
import { unique } from './unique.js';

/** Every type of check; a new one is a file beside this and a line here. */
const DEFINITIONS: { [T in Check['type']]: CheckDefinition<CheckOf<T>> } = {
  row_count: rowCount,
  not_null: notNull,
  between,
  in_set: inSet,
  regex,
  unique,
  freshness,
};

/** The definition for a check. */
export function definitionOf(check: Check): CheckDefinition<Check> {
  // The table’s type ties each definition to its check; TypeScript cannot follow that through the lookup.
  return DEFINITIONS[check.type];
}
