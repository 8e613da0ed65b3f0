import {
  driftOptionsSchema,
  type ColumnDrift,
  type DriftOptions,
  type DriftOptionsInput,
  type DriftReport,
} from '../../../schemas/drift.js';
import { MillraceError } from '../../../schemas/errors.js';
import { nearestName } from '../../../schemas/nearest.js';
import { parseWith } from '../../../schemas/parse.js';
import type { Problem } from '../../../schemas/problems.js';
import type { DatasetProfile } from '../profile/index.js';
import { adjustBenjaminiHochberg } from './benjamini-hochberg.js';
import { describeDrift } from './describe-drift.js';
import { measurePair, pairColumns, type ColumnPair, type PairOutcome } from './measure-pair.js';

/** Effect from which a column has drifted, for every method: Evidently's default for its distances. */
const DEFAULT_THRESHOLD = 0.1;

/** Categories that are named in a report. */
const NAMED_CATEGORIES = 20;

/**
 * Judges how far a dataset has moved from a reference, from the two profiles alone.
 *
 * A column has drifted when its effect reaches the threshold and its p, adjusted over the columns, is below alpha: the effect
 * decides, since in many rows any difference is significant, and p guards small samples, which differ by chance. The method is
 * Evidently's choice by type and size (see `chooseMethod`) unless the options say otherwise. Instants and dates are compared only
 * where a method is named for them: time goes on, which is no drift. A column that is gone, of another type or without values has
 * drifted, with no effect to measure. What could not be compared has not passed: it has `drifted: null` with the reason, and is
 * not part of the share.
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
  const outcomes = wanted.map((pair) => measurePair(pair, settings));
  const adjusted = adjustBenjaminiHochberg(
    outcomes.map(({ result }) => (result.kind === 'measured' ? result.measurement.p : null)),
  );
  const columns = wanted.map(({ name }, index) => judgeColumn(name, outcomes[index]!, adjusted[index]!, settings));
  return { ...judgeDataset(columns, settings.driftShare), columns };
}

function judgeColumn(
  column: string,
  { summaries: [before, now], result }: PairOutcome,
  pAdjusted: number | null,
  { columns, thresholds, threshold: ofAll = DEFAULT_THRESHOLD, alpha }: DriftOptions,
): ColumnDrift {
  const rows = { referenceRows: before?.rows ?? 0, currentRows: now?.rows ?? 0 };
  if (result.kind !== 'measured') {
    const lost = result.kind === 'lost';
    const message = `${lost ? 'drifted' : 'not compared'}: ${result.reason}`;
    return { ...NOT_MEASURED, column, ...rows, drifted: lost ? true : null, message };
  }
  const { method, effect, p, pTest, added, vanished } = result.measurement;
  const threshold = columns[column]?.threshold ?? thresholds[method] ?? ofAll;
  const mayBeChance = alpha < 1 && pAdjusted !== null && pAdjusted >= alpha;
  const drift = {
    column,
    kind: before?.kind ?? null,
    method,
    effect,
    threshold,
    p,
    pTest,
    pAdjusted,
    ...rows,
    drifted: effect >= threshold && effect > 0 && !mayBeChance,
    newCategories: added.slice(0, NAMED_CATEGORIES),
    newCategoryCount: added.length,
    vanishedCategories: vanished.slice(0, NAMED_CATEGORIES),
    vanishedCategoryCount: vanished.length,
  };
  return { ...drift, message: describeDrift(drift, alpha) };
}

const NOT_MEASURED = {
  kind: null,
  method: null,
  effect: null,
  threshold: null,
  p: null,
  pTest: null,
  pAdjusted: null,
  newCategories: [],
  newCategoryCount: 0,
  vanishedCategories: [],
  vanishedCategoryCount: 0,
} satisfies Partial<ColumnDrift>;

function judgeDataset(columns: readonly ColumnDrift[], limit: number): Omit<DriftReport, 'columns'> {
  const comparedColumns = columns.filter(({ drifted }) => drifted !== null).length;
  const driftedColumns = columns.filter(({ drifted }) => drifted === true).length;
  const driftShare = comparedColumns === 0 ? null : driftedColumns / comparedColumns;
  const drifted = driftShare !== null && driftShare >= limit;
  const verdict = driftShare === null ? 'skip' : drifted ? 'fail' : 'pass';
  return { verdict, drifted, driftShare, driftShareLimit: limit, comparedColumns, driftedColumns };
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
  if (problems.length === 0) return;
  const shown = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  throw new MillraceError('INPUT_INVALID', `drift options: ${shown}`, { problems });
}
