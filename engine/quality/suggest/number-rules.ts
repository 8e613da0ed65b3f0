import { sampleVariance } from '../profile/moments.js';
import type { ColumnProfile, DatasetProfile, Moments } from '../profile/profile.js';
import { columnsOf, onColumn, type Rule } from './rule.js';

/** Versions from which the spread of their means says how far a mean moves by itself. */
const LEAST_VERSIONS = 5;

/** Standard deviations between versions that a mean may be away. */
const DEVIATIONS = 4;

/** Rules of a column of numbers: finite, within a range, with such a mean. */
export function numberRules(
  { name, type, nans, moments, categories }: ColumnProfile,
  earlier: readonly DatasetProfile[],
): Rule[] {
  if (moments === null || categories !== null || nans > 0 || moments.infinite > 0 || moments.count === 0) return [];
  const finite: Rule = {
    check: { type: 'finite', column: name },
    reason: 'it has neither NaN nor infinities',
    passes: onColumn(name, (later) => later.nans === 0 && (later.moments?.infinite ?? 0) === 0),
  };
  const bounded = [...(type.startsWith('Float') ? [finite] : []), range(name, [moments])];
  // Where all are equal, the range says it all.
  if (moments.min === moments.max) return bounded;
  const others = momentsOf(earlier, name);
  const versions = others.length + 1 < LEAST_VERSIONS ? [moments] : [moments, ...others];
  const spreads = versions.map((version) => sampleVariance(version));
  // Squares of numbers beyond 10^154 are beyond what a double holds, and then the spread tells nothing.
  return spreads.some((spread) => spread === Infinity) ? bounded : [...bounded, mean(name, versions)];
}

/** The range that was seen, half as wide again to either side; what was never negative stays so, integers stay integers. */
function range(name: string, versions: readonly Moments[]): Rule {
  const least = Math.min(...versions.map(({ min }) => min));
  const greatest = Math.max(...versions.map(({ max }) => max));
  const margin = (greatest - least) / 2;
  const whole = Number.isInteger(least) && Number.isInteger(greatest);
  const [low, high] = [outward(least - margin, Math.floor, whole), outward(greatest + margin, Math.ceil, whole)];
  const [min, max] = [least >= 0 ? Math.max(0, low) : low, greatest <= 0 ? Math.min(0, high) : high];
  return {
    check: { type: 'between', column: name, min, max },
    reason: `values are ${shown(least)} to ${shown(greatest)}`,
    passes: onColumn(name, ({ moments, nans }) => {
      if (moments === null || nans > 0 || moments.infinite > 0) return false;
      return moments.count === 0 || (moments.min >= min && moments.max <= max);
    }),
    loosened: (earlier) => range(name, [...versions, ...momentsOf(earlier, name)]),
  };
}

/** One standard deviation of the values to either side; with enough versions, four of the means of versions. */
function mean(name: string, versions: readonly Moments[]): Rule {
  const means = versions.map((version) => version.mean);
  const centre = means.reduce((sum, one) => sum + one, 0) / means.length;
  const spread =
    versions.length < LEAST_VERSIONS
      ? Math.max(...versions.map((version) => Math.sqrt(sampleVariance(version))))
      : DEVIATIONS *
        Math.sqrt(means.reduce((sum, one) => sum + (one - centre) ** 2, 0) / Math.max(1, means.length - 1));
  const min = outward(Math.min(centre - spread, ...means), Math.floor);
  const max = outward(Math.max(centre + spread, ...means), Math.ceil);
  return {
    check: { type: 'aggregate', metric: 'mean', column: name, min, max },
    reason:
      versions.length === 1
        ? `its mean is ${shown(centre)}, its standard deviation ${shown(spread)}`
        : `means of versions are ${shown(Math.min(...means))} to ${shown(Math.max(...means))}`,
    passes: onColumn(
      name,
      (later) => later.nans === 0 && later.moments !== null && later.moments.mean >= min && later.moments.mean <= max,
    ),
    loosened: (earlier) => mean(name, [...versions, ...momentsOf(earlier, name)]),
  };
}

function momentsOf(versions: readonly DatasetProfile[], name: string): Moments[] {
  return columnsOf(versions, name).flatMap(({ moments, nans }) =>
    moments === null || moments.count === 0 || nans > 0 || moments.infinite > 0 ? [] : [moments],
  );
}

/** A bound with three digits that mean something, away from the values; a whole one where the values are. */
function outward(value: number, round: (value: number) => number, whole = false): number {
  if (value === 0) return value;
  if (!Number.isFinite(value)) return Math.sign(value) * Number.MAX_VALUE;
  const bound = rounded(value, round, whole);
  return Number.isFinite(bound) ? bound : value;
}

function rounded(value: number, round: (value: number) => number, whole: boolean): number {
  const digits = 2 - Math.floor(Math.log10(Math.abs(value)));
  const power = 10 ** Math.abs(digits);
  // `+ 0` because a bound of -0 is written as 0.
  if (digits < 0) return round(value / power) * power + 0;
  return (whole ? round(value) : round(value * power) / power) + 0;
}

function shown(value: number): string {
  return String(Number(value.toPrecision(4)));
}
