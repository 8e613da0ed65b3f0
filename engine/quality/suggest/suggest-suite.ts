import type { ColumnProfile, DatasetProfile } from '../profile/profile.js';
import { datasetRules } from './dataset-rules.js';
import { numberRules } from './number-rules.js';
import { completeness, uniqueness } from './presence-rules.js';
import { presentIn, type CheckInput, type Rule } from './rule.js';
import { textRules } from './text-rules.js';

/** A check, what speaks for it, and what it would have said of earlier versions. */
export interface Suggestion {
  check: CheckInput;
  /** What in the data speaks for it. */
  reason: string;
  /** Earlier versions that it was tried on, and on how many of them it would have failed. */
  tried: number;
  fired: number;
  /** On how many it would have failed before it was loosened; not given where it was not. */
  firedBefore?: number;
}

/** Checks that are proposed, and those that would have fired too often. */
export interface SuiteProposal {
  proposed: Suggestion[];
  leftOut: Suggestion[];
}

/** A check that fired on a larger share of the earlier versions is not proposed. */
const MAX_FIRED = 0.05;

/**
 * Proposes a suite from a profile, by rules in the manner of Deequ’s: what holds of all rows is asked of all, and what holds of most
 * is asked of the share that Wilson’s interval leaves at the least. Each check is tried on earlier versions. One that would have fired
 * is loosened to what they need; one that still would have on more than a twentieth of them is left out. Pure.
 */
export function suggestSuite(profile: DatasetProfile, earlier: readonly DatasetProfile[] = []): SuiteProposal {
  const rules = [...datasetRules(profile), ...profile.columns.flatMap((column) => columnRules(column, earlier))];
  const all = rules.map((rule) => triedOn(rule, earlier));
  const fires = ({ fired, tried }: Suggestion) => fired > tried * MAX_FIRED;
  return { proposed: all.filter((one) => !fires(one)), leftOut: all.filter(fires) };
}

function columnRules(column: ColumnProfile, earlier: readonly DatasetProfile[]): Rule[] {
  if (presentIn(column) === 0) return [];
  return [completeness(column), ...uniqueness(column), ...numberRules(column, earlier), ...textRules(column)];
}

function triedOn(rule: Rule, earlier: readonly DatasetProfile[]): Suggestion {
  const tried = earlier.length;
  const firedOf = (one: Rule) => earlier.filter((version) => !one.passes(version)).length;
  const fired = firedOf(rule);
  const wider = fired === 0 ? null : (rule.loosened?.(earlier) ?? null);
  const firedStill = wider === null ? fired : firedOf(wider);
  if (wider === null || firedStill >= fired) return { check: rule.check, reason: rule.reason, tried, fired };
  return { check: wider.check, reason: wider.reason, tried, fired: firedStill, firedBefore: fired };
}

/** What the trial on earlier versions gave, in words. */
export function trialText({ tried, fired, firedBefore }: Suggestion): string {
  if (tried === 0) return 'not tried on earlier versions';
  const before = firedBefore === undefined ? '' : `, before it was loosened on ${firedBefore}`;
  return `would have fired on ${fired} of ${tried}${before}`;
}
