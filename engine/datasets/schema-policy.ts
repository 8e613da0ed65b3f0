import { MillraceError, type Column, type IngestStep, type Problem } from '../../schemas/index.js';

/** What the columns of a new version may be, seen from those of the version before. */
export type SchemaPolicy = NonNullable<IngestStep['schemaPolicy']>;

/**
 * Holds the columns of a new version to the policy. `exact`: the same names and types in the same order, and nulls allowed
 * where they were. `additive`: the same, and further columns that may be null after them. Fewer nulls than before are no change.
 * @returns every difference that is not allowed, by the column’s name; empty if there is none
 */
export function schemaProblems(policy: SchemaPolicy, before: readonly Column[], now: readonly Column[]): Problem[] {
  if (policy === 'any') return [];
  const present = new Map(now.map((column, index) => [column.name, { ...column, index }]));
  const known = new Set(before.map(({ name }) => name));
  const problems = before.flatMap((column, index): Problem[] => {
    const path = `columns.${column.name}`;
    const found = present.get(column.name);
    if (found === undefined) return [{ path, message: `is gone; it was ${column.type}` }];
    if (found.type !== column.type) return [{ path, message: `is ${found.type}; it was ${column.type}` }];
    if (found.nullable && !column.nullable) return [{ path, message: 'may be null; it could not' }];
    return found.index === index ? [] : [{ path, message: `is column ${found.index + 1}; it was column ${index + 1}` }];
  });
  const added = now.filter(({ name }) => !known.has(name));
  for (const { name, type, nullable } of added) {
    const path = `columns.${name}`;
    if (policy === 'exact') problems.push({ path, message: `is new: ${type}` });
    else if (!nullable) problems.push({ path, message: `is new and may not be null: rows of earlier versions are` });
  }
  return problems;
}

/** @throws MillraceError SCHEMA_CHANGED that names every column */
export function refuseSchemaChange(
  policy: SchemaPolicy,
  dataset: string,
  before: { columns: readonly Column[]; version: string; partition: string },
  now: readonly Column[],
): void {
  const problems = schemaProblems(policy, before.columns, now);
  if (problems.length === 0) return;
  const shown = problems.map(({ path, message }) => `${path.slice('columns.'.length)} ${message}`).join('; ');
  const than = `${before.partition}@${before.version.slice(0, 12)}`;
  throw new MillraceError('SCHEMA_CHANGED', `${dataset}, seen from ${than} (${policy}): ${shown}`, { problems });
}
