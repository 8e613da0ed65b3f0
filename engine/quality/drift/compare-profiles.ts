import {
  driftOptionsSchema,
  MillraceError,
  nearestName,
  parseWith,
  type ColumnDrift,
  type DriftMethod,
  type DriftOptions,
  type DriftOptionsInput,
  type DriftReport,
  type Problem,
} from '../../../schemas/index.js';
import type { ColumnProfile, DatasetProfile } from '../profile/index.js';
import { adjustBenjaminiHochberg } from './benjamini-hochberg.js';
import { categoryTotal } from './categories.js';
import { summarizeColumn, type ColumnSummary } from './column-summary.js';
import { describeDrift } from './describe-drift.js';
import {
  bothCategorical,
  bothNumeric,
  comparesShares,
  measureCategories,
  measureNumbers,
  type DriftMeasurement,
} from './measure-drift.js';

/** Effect from which a column has drifted, for every method: Evidently's default for its distances. */
const DEFAULT_THRESHOLD = 0.1;

/** Categories that are named in a report. */
const NAMED_CATEGORIES = 20;

/** Below this share of values in listed categories there is too little to compare: an identifier, in all likelihood. */
const LEAST_LISTED = 0.5;

/**
 * Judges how far a dataset has moved from a reference, from the two profiles alone.
 *
 * A column has drifted when its effect reaches the threshold and its p, adjusted over the columns, is below alpha: the effect
 * decides, since in many rows any difference is significant, and p guards small samples, which differ by chance. The method is
 * Evidently's choice by type and size (see `chooseMethod`) unless the options say otherwise. Instants and dates are compared only
 * where a method is named for them: time goes on, which is no drift. What could not be compared has not passed: it has
 * `drifted: null` with the reason, and is not part of the share.
 * @throws MillraceError INPUT_INVALID for options that are malformed, name no column, or a method that does not fit its column
 */
export function compareProfiles(
  reference: DatasetProfile,
  current: DatasetProfile,
  options: DriftOptionsInput = {},
): DriftReport {
  const settings = parseWith(driftOptionsSchema, options, 'drift options');
  const pairs = pairColumns(reference, current);
  refuseUnknownColumns(settings, pairs);
  const wanted = settings.only === undefined ? pairs : pairs.filter(({ name }) => settings.only!.includes(name));
  const measured = wanted.map((pair) => ({ pair, ...measurePair(pair, settings) }));
  const adjusted = adjustBenjaminiHochberg(measured.map(({ measurement }) => measurement?.p ?? null));

  const columns = measured.map(({ pair, summaries, measurement, reason }, index): ColumnDrift => {
    const counts = { referenceRows: summaries[0]?.rows ?? 0, currentRows: summaries[1]?.rows ?? 0 };
    if (measurement === undefined) return { ...NOT_COMPARED, column: pair.name, ...counts, message: reason };
    const { method, effect, p, pTest, added, vanished } = measurement;
    const threshold = settings.columns[pair.name]?.threshold ?? settings.thresholds[method] ?? DEFAULT_THRESHOLD;
    const pAdjusted = adjusted[index] ?? null;
    const result = {
      column: pair.name,
      kind: summaries[0]?.kind ?? null,
      method,
      effect,
      threshold,
      p,
      pTest,
      pAdjusted,
      ...counts,
      drifted:
        effect >= threshold && effect > 0 && (pAdjusted === null || settings.alpha === 1 || pAdjusted < settings.alpha),
      newCategories: added.slice(0, NAMED_CATEGORIES),
      newCategoryCount: added.length,
      vanishedCategories: vanished.slice(0, NAMED_CATEGORIES),
      vanishedCategoryCount: vanished.length,
    };
    return { ...result, message: describeDrift(result, settings.alpha) };
  });
  return { ...judgeDataset(columns, settings.driftShare), columns };
}

const NOT_COMPARED = {
  kind: null,
  method: null,
  effect: null,
  threshold: null,
  p: null,
  pTest: null,
  pAdjusted: null,
  drifted: null,
  newCategories: [],
  newCategoryCount: 0,
  vanishedCategories: [],
  vanishedCategoryCount: 0,
} satisfies Partial<ColumnDrift>;

interface ColumnPair {
  name: string;
  reference: ColumnProfile | undefined;
  current: ColumnProfile | undefined;
}

interface PairMeasurement {
  summaries: [ColumnSummary | null, ColumnSummary | null];
  measurement?: DriftMeasurement;
  /** Why there is no measurement. */
  reason: string;
}

function pairColumns(reference: DatasetProfile, current: DatasetProfile): ColumnPair[] {
  const now = new Map(current.columns.map((column) => [column.name, column]));
  const before = new Set(reference.columns.map(({ name }) => name));
  return [
    ...reference.columns.map((column) => ({ name: column.name, reference: column, current: now.get(column.name) })),
    ...current.columns
      .filter(({ name }) => !before.has(name))
      .map((column) => ({ name: column.name, reference: undefined, current: column })),
  ];
}

function measurePair(pair: ColumnPair, settings: DriftOptions): PairMeasurement {
  const summaries: PairMeasurement['summaries'] = [
    pair.reference === undefined ? null : summarizeColumn(pair.reference),
    pair.current === undefined ? null : summarizeColumn(pair.current),
  ];
  const not = (reason: string): PairMeasurement => ({ summaries, reason: `not compared: ${reason}` });
  if (pair.current === undefined) return not('the current data has no such column');
  if (pair.reference === undefined) return not('the reference has no such column');
  const method = settings.columns[pair.name]?.method;
  const [before, now] = summaries;
  if (before === null || now === null) return not(`columns of type ${pair.current.type} have no distribution`);
  if (method === undefined && (isTime(pair.reference) || isTime(pair.current))) {
    return not('times go on; name a method to compare them all the same');
  }
  if (before.rows === 0) return not('the reference has no values');
  if (now.rows === 0) return not('the current data has no values');
  const both: [ColumnSummary, ColumnSummary] = [before, now];
  if (bothNumeric(both)) {
    return judgeable({ summaries, reason: '', measurement: measureNumbers(...both, method, settings) }, settings);
  }
  if (!bothCategorical(both)) return not(`the type has changed from ${pair.reference.type} to ${pair.current.type}`);
  refuseUnfitMethod(pair.name, method);
  const unlisted = both.find((side) => side.other > (1 - LEAST_LISTED) * categoryTotal(side));
  if (unlisted !== undefined) return not('most values are of categories too rare to be listed, as in an identifier');
  return judgeable({ summaries, reason: '', measurement: measureCategories(...both, method) }, settings);
}

/** A difference that no test can tell from chance is no finding, however large: three values are not a distribution. */
function judgeable(measured: PairMeasurement, { alpha }: DriftOptions): PairMeasurement {
  const { measurement, summaries } = measured;
  if (alpha === 1 || measurement === undefined || measurement.p !== null || measurement.effect === 0) return measured;
  return { summaries, reason: 'not compared: too few values of any kind to tell a difference from chance' };
}

function judgeDataset(columns: readonly ColumnDrift[], limit: number): Omit<DriftReport, 'columns'> {
  const comparedColumns = columns.filter(({ drifted }) => drifted !== null).length;
  const driftedColumns = columns.filter(({ drifted }) => drifted === true).length;
  const driftShare = comparedColumns === 0 ? null : driftedColumns / comparedColumns;
  const drifted = driftShare !== null && driftShare >= limit;
  const verdict = driftShare === null ? 'skip' : drifted ? 'fail' : 'pass';
  return { verdict, drifted, driftShare, driftShareLimit: limit, comparedColumns, driftedColumns };
}

function isTime({ domain }: ColumnProfile): boolean {
  return domain === 'instant' || domain === 'date';
}

function refuseUnknownColumns(settings: DriftOptions, pairs: readonly ColumnPair[]): void {
  const names = pairs.map(({ name }) => name);
  const problem = (path: string, name: string): Problem[] => {
    if (names.includes(name)) return [];
    const nearest = nearestName(name, names);
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`;
    return [{ path, message: `names the column ${name}, which neither profile has${hint}` }];
  };
  const problems = [
    ...(settings.only ?? []).flatMap((name, index) => problem(`only[${index}]`, name)),
    ...Object.keys(settings.columns).flatMap((name) => problem(`columns.${name}`, name)),
  ];
  refuse(problems);
}

function refuseUnfitMethod(column: string, method: DriftMethod | undefined): void {
  if (method === undefined || comparesShares(method)) return;
  refuse([{ path: `columns.${column}.method`, message: `${method} compares numbers; the column has categories` }]);
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  const shown = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new MillraceError('INPUT_INVALID', `drift options: ${shown}`, { problems });
}
