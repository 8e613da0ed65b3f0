import type { ColumnProfile, DatasetProfile } from '../profile/profile.js';
import { columnOf, type Rule } from './rule.js';

/** Rules of the dataset as a whole: how many rows, which columns. */
export function datasetRules(profile: DatasetProfile): Rule[] {
  return [volume([profile]), ...(profile.columns.length === 0 ? [] : [columns(profile)])];
}

/** From half of the fewest rows to double the most. */
function volume(versions: readonly DatasetProfile[]): Rule {
  const counts = versions.map(({ rows }) => rows);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const [min, max] = [Math.floor(least / 2), most * 2];
  return {
    check: { type: 'row_count', min, max },
    reason: least === most ? `it has ${most} rows` : `versions have ${least} to ${most} rows`,
    passes: ({ rows }) => rows >= min && rows <= max,
    loosened: (earlier) => volume([...versions, ...earlier]),
  };
}

/** All columns by name and family of types; further ones may come. */
function columns({ columns }: DatasetProfile): Rule {
  const fields = columns.map((column) => ({ name: column.name, dataType: familyOf(column) }));
  return {
    check: {
      type: 'schema_match',
      columns: fields.map(({ name, dataType }) => (dataType === undefined ? name : { name, dataType })),
      allowExtra: true,
    },
    reason: `it has ${columns.length === 1 ? 'this column' : `these ${columns.length} columns`}`,
    passes: (version) =>
      fields.every(({ name, dataType }) => {
        const column = columnOf(version, name);
        if (column === undefined || dataType === undefined || column.domain === 'null') return column !== undefined;
        return familyOf(column) === dataType;
      }),
  };
}

/** The family that `schema_match` knows the type by; undefined for nested types and where there is no value to tell it. */
function familyOf({ domain, type }: ColumnProfile): string | undefined {
  if (domain === 'other' || domain === 'null') return undefined;
  if (domain === 'instant') return 'timestamp';
  if (domain === 'number') return /^Float/.test(type) ? 'float' : 'integer';
  return domain;
}
