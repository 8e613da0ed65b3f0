import type { DriftMethod, DriftOptions } from '../../../schemas/drift.js';
import { MillraceError } from '../../../schemas/errors.js';
import type { ColumnProfile, DatasetProfile } from '../profile/index.js';
import { chiSquaredTest } from './chi-squared.js';
import { summarizeColumn, type ColumnSummary } from './column-summary.js';
import {
  bothCategorical,
  bothNumeric,
  comparesShares,
  measureCategories,
  measureNumbers,
  type DriftMeasurement,
} from './measure-drift.js';

/** A column of two profiles. */
export interface ColumnPair {
  name: string;
  reference: ColumnProfile | undefined;
  current: ColumnProfile | undefined;
}

/** What became of the comparison of a column. */
export interface PairOutcome {
  summaries: [reference: ColumnSummary | null, current: ColumnSummary | null];
  result:
    | { kind: 'measured'; measurement: DriftMeasurement }
    /** There is nothing left to compare the reference with: the column is gone, of another type, or without values. */
    | { kind: 'lost'; reason: string }
    | { kind: 'not compared'; reason: string };
}

/** Above this share of values in unlisted categories there is too little to compare: an identifier, in all likelihood. */
const GREATEST_UNLISTED = 0.5;

/** Columns by name, in the order of the reference; those that are new come last. */
export function pairColumns(reference: DatasetProfile, current: DatasetProfile): ColumnPair[] {
  const now = new Map(current.columns.map((column) => [column.name, column]));
  const before = new Set(reference.columns.map(({ name }) => name));
  return [
    ...reference.columns.map((column) => ({ name: column.name, reference: column, current: now.get(column.name) })),
    ...current.columns
      .filter(({ name }) => !before.has(name))
      .map((column) => ({ name: column.name, reference: undefined, current: column })),
  ];
}

/** @throws MillraceError INPUT_INVALID for a method that does not fit the column */
export function measurePair({ name, reference, current }: ColumnPair, settings: DriftOptions): PairOutcome {
  const method = settings.columns[name]?.method ?? settings.method;
  const before = reference === undefined ? null : summarizeColumn(reference);
  const now = current === undefined ? null : summarizeColumn(current);
  const outcome = (result: PairOutcome['result']): PairOutcome => ({ summaries: [before, now], result });
  const not = (reason: string) => outcome({ kind: 'not compared', reason });
  const lost = (reason: string) => outcome({ kind: 'lost', reason });

  if (reference === undefined) return not('the reference has no such column');
  // What is gone, or is of another kind, is lost whatever it was, also where values are not compared.
  if (current === undefined) return lost('the current data has no such column');
  if (before === null && now === null) return not(`columns of type ${reference.type} have no distribution`);
  if (before?.rows === 0) return not('the reference has no values');
  if (before === null || before.kind !== now?.kind || isTime(reference) !== isTime(current)) {
    return lost(`the type has changed from ${reference.type} to ${current.type}`);
  }
  if (method === undefined && isTime(reference)) return not('times go on; name a method to compare them all the same');
  if (now.rows === 0) {
    return lostByChance(reference, current) ? not('the current data has no values') : lost('all values are missing');
  }

  const both: [ColumnSummary, ColumnSummary] = [before, now];
  let measurement: DriftMeasurement;
  if (bothNumeric(both)) measurement = measureNumbers(...both, method, settings);
  else if (bothCategorical(both)) {
    refuseUnfitMethod(name, method);
    if (both.some(({ other, rows }) => other > GREATEST_UNLISTED * rows)) {
      return not('most values are of categories too rare to be listed, as in an identifier');
    }
    measurement = measureCategories(...both, method);
  } else return not('the kinds differ');
  // A difference that no test can tell from chance is no finding, however large: three values are not a distribution.
  if (settings.alpha < 1 && measurement.p === null && measurement.effect > 0) {
    return not('too few values of any kind to tell a difference from chance');
  }
  return outcome({ kind: 'measured', measurement });
}

/** Whether so few rows without a value may come from the reference's share of missing values. */
function lostByChance(reference: ColumnProfile, current: ColumnProfile): boolean {
  const missing = reference.nulls + reference.nans;
  const test = chiSquaredTest({ reference: [reference.rows - missing, missing], current: [0, current.rows] });
  return current.rows === 0 || test === null || test.p >= 0.05;
}

function isTime({ domain }: ColumnProfile): boolean {
  return domain === 'instant' || domain === 'date';
}

function refuseUnfitMethod(column: string, method: DriftMethod | undefined): void {
  if (method === undefined || comparesShares(method)) return;
  const problem = {
    path: `columns.${column}.method`,
    message: `${method} compares numbers; the column has categories`,
  };
  throw new MillraceError('INPUT_INVALID', `drift options: ${problem.path} ${problem.message}`, {
    problems: [problem],
  });
}
