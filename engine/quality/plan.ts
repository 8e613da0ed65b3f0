import type { DataType, Schema } from 'apache-arrow';
import type { Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import { hint } from '../../schemas/pipeline-problems.js';
import { columnKind } from './column-kind.js';
import { definitionOf } from './kernels/index.js';
import type { Kernel } from './kernels/kernel.js';
import { Misfit } from './literals.js';
import type { ErrorState } from './states.js';

/** How a suite runs over files of one schema. */
export interface Plan {
  /** Columns that are decoded, with their types; every check of a column works on the same decoded batch. */
  readonly columns: ReadonlyMap<string, DataType>;
  /** Plain text columns whose distinct values are numbered, since a check judges each but once. */
  readonly indexedTexts: ReadonlySet<string>;
  /** Columns that are shown with failing rows. */
  readonly keyColumns: readonly string[];
  /** In the order of the suite: starts a fresh kernel, or tells why the check cannot run. */
  readonly steps: readonly (ErrorState | (() => Kernel))[];
}

/**
 * Compiles a suite for a file’s schema. A check that the schema does not allow becomes an error of that check alone.
 * @throws MillraceError SUITE_INVALID where a key column is not in the file
 */
export function compilePlan(suite: Suite, schema: Schema): Plan {
  const types = new Map(schema.fields.map((field) => [field.name, field.type as DataType]));
  const names = [...types.keys()];
  const columns = new Map<string, DataType>();
  const indexedTexts = new Set<string>();
  const steps = suite.checks.map((check) => {
    const definition = definitionOf(check);
    const needed = definition.columns(check);
    const missing = needed.find((name) => !types.has(name));
    if (missing !== undefined) return failure(unknownColumn(missing, names));
    const kinds = needed.map((name) => columnKind(types.get(name)!));
    try {
      definition.start(check, kinds);
    } catch (error) {
      if (error instanceof Misfit) return failure(error.message);
      throw error;
    }
    for (const name of needed) {
      columns.set(name, types.get(name)!);
      if (definition.indexTexts) indexedTexts.add(name);
    }
    return () => definition.start(check, kinds);
  });
  const problems = suite.keyColumns.flatMap((name, i) =>
    types.has(name) ? [] : [{ path: `keyColumns[${i}]`, message: unknownColumn(name, names) }],
  );
  if (problems.length > 0) throw new MillraceError('SUITE_INVALID', problems[0]!.message, { problems });
  for (const name of suite.keyColumns) columns.set(name, types.get(name)!);
  return { columns, indexedTexts, keyColumns: suite.keyColumns, steps };
}

function failure(message: string): ErrorState {
  return { kind: 'error', message };
}

function unknownColumn(name: string, names: readonly string[]): string {
  return `there is no column "${name}"${hint(name, names)}`;
}
