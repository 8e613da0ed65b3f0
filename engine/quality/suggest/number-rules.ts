import { sampleVariance } from '../profile/moments.js';
import type { ColumnProfile, DatasetProfile, Moments } from '../profile/profile.js';
import { columnsOf, floorShare, onColumn, presentIn, type Rule } from './rule.js';
import { wilsonInterval } from './wilson-interval.js';

/** Versions from which the spread of their means says how far a mean moves by itself. */
const LEAST_VERSIONS = 5;

/** Standard deviations between versions that a mean may be away. */
const DEVIATIONS = 4;

/**
 * Rules of a column of numbers: finite, within a range, with such a mean. Where some are NaN or infinite, which no range holds,
 * most must be finite, and the mean is that of these.
 */
export function numberRules(column: ColumnProfile, earlier: readonly DatasetProfile[]): Rule[] {
  const { name, type, moments, categories } = column;
  if (moments === null || categories !== null || moments.count === 0) return [];
  const share = finiteShare(column);
  if (share === 0) return [];
  const bounded = [...(type.startsWith('Float') ? [finite(column, share)] : []), range(name, [column])];
  // Where all are equal, the range says it all.
  if (moments.min === moments.max) return bounded;
  const others = withFinite(columnsOf(earlier, name)).flatMap((version) => version.moments ?? []);
  const versions = others.length + 1 < LEAST_VERSIONS ? [moments] : [moments, ...others];
  const spreads = versions.map((version) => sampleVariance(version));
  // Squares of numbers beyond 10^154 are beyond what a double holds, and then the spread tells nothing.
  return spreads.some((spread) => spread === Infinity) ? bounded : [...bounded, mean(name, versions, share < 1)];
}

/** Share of the values that is asked to be finite: all where all are, else what Wilson’s interval leaves at the least. */
function finiteShare(column: ColumnProfile): number {
  const present = presentIn(column);
  const odd = oddIn(column);
  return odd === 0 ? 1 : floorShare(wilsonInterval(present - odd, present)[0]);
}

/** Values that are NaN or infinite. */
function oddIn({ nans, moments }: ColumnProfile): number {
  return nans + (moments?.infinite ?? 0);
}

const isFiniteFor = (column: ColumnProfile, share: number) =>
  presentIn(column) === 0 || 1 - oddIn(column) / presentIn(column) >= share;

const withFinite = (columns: readonly ColumnProfile[]) => columns.filter(({ moments }) => (moments?.count ?? 0) > 0);

const mostly = (share: number) => (share === 1 ? {} : { mostly: share });

function finite(column: ColumnProfile, share: number): Rule {
  const { name } = column;
  return {
    check: { type: 'finite', column: name, ...mostly(share) },
    reason:
      oddIn(column) === 0
        ? 'it has neither NaN nor infinities'
        : `${oddIn(column)} of ${presentIn(column)} values are NaN or infinite`,
    passes: onColumn(name, (later) => isFiniteFor(later, share)),
    loosened(earlier) {
      const wider = Math.min(share, ...columnsOf(earlier, name).map(finiteShare));
      return wider > 0 && wider < share ? finite(column, wider) : null;
    },
  };
}

/** The range that was seen, half as wide again to either side; what was never negative stays so, integers stay integers. */
function range(name: string, versions: readonly ColumnProfile[]): Rule {
  const moments = versions.flatMap((version) => version.moments ?? []);
  const share = Math.min(...versions.map(finiteShare));
  const least = Math.min(...moments.map(({ min }) => min));
  const greatest = Math.max(...moments.map(({ max }) => max));
  const margin = (greatest - least) / 2;
  const whole = Number.isInteger(least) && Number.isInteger(greatest);
  const [low, high] = [outward(least - margin, Math.floor, whole), outward(greatest + margin, Math.ceil, whole)];
  const [min, max] = [least >= 0 ? Math.max(0, low) : low, greatest <= 0 ? Math.min(0, high) : high];
  return {
    check: { type: 'between', column: name, min, max, ...mostly(share) },
    reason: `values are ${shown(least)} to ${shown(greatest)}${share < 1 ? ', but for what is not finite' : ''}`,
    passes: onColumn(name, (later) => {
      if (later.moments === null || !isFiniteFor(later, share)) return false;
      return later.moments.count === 0 || (later.moments.min >= min && later.moments.max <= max);
    }),
    loosened(earlier) {
      const all = [...versions, ...withFinite(columnsOf(earlier, name))];
      return Math.min(...all.map(finiteShare)) === 0 ? null : range(name, all);
    },
  };
}

/**
 * One standard deviation of the values to either side; with enough versions, four of the means of versions.
 * @param ofFinite whether rows with NaN or an infinity are left out, with which there is no mean
 */
function mean(name: string, versions: readonly Moments[], ofFinite: boolean): Rule {
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
    check: { type: 'aggregate', metric: 'mean', column: name, min, max, ...(ofFinite && { where: whereFinite(name) }) },
    reason:
      versions.length === 1
        ? `its mean is ${shown(centre)}, its standard deviation ${shown(spread)}`
        : `means of versions are ${shown(Math.min(...means))} to ${shown(Math.max(...means))}`,
    passes: onColumn(
      name,
      (later) =>
        (ofFinite || oddIn(later) === 0) &&
        later.moments !== null &&
        later.moments.count > 0 &&
        later.moments.mean >= min &&
        later.moments.mean <= max,
    ),
    loosened(earlier) {
      const columns = withFinite(columnsOf(earlier, name));
      const all = [...versions, ...columns.flatMap(({ moments }) => moments ?? [])];
      return mean(name, all, ofFinite || columns.some((column) => oddIn(column) > 0));
    },
  };
}

const whereFinite = (name: string) => `isfinite("${name.replaceAll('"', '""')}")`;

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
