import { MillraceError } from '../../../schemas/errors.js';
import { parseDecimal, parseInstantNs } from '../literals.js';
import type { Json } from '../json.js';
import { mergeCategories } from './categories.js';
import { HyperLogLog } from './hyperloglog.js';
import { mergeMoments } from './moments.js';
import { PROFILE_VERSION, type ColumnProfile, type DatasetProfile, type Distribution } from './profile.js';
import { distributionOf, NumberSketch, PROFILE_SKETCH, sketchStateOf } from './sketch.js';

/**
 * The profile of two parts together, without their rows. A column that one part does not have, or has in another type, is only of
 * use where both agree, so it is refused.
 * @throws MillraceError SOURCE_SCHEMA_MISMATCH where the columns differ; INPUT_INVALID for a profile of another version
 */
export function mergeProfiles(a: DatasetProfile, b: DatasetProfile): DatasetProfile {
  for (const profile of [a, b]) {
    if (profile.version !== PROFILE_VERSION) {
      throw new MillraceError('INPUT_INVALID', `a profile of version ${String(profile.version)} cannot be read`);
    }
  }
  const others = new Map(b.columns.map((column) => [column.name, column]));
  const differing = a.columns.find(({ name, domain }) => others.get(name)?.domain !== domain);
  if (differing !== undefined || a.columns.length !== b.columns.length) {
    const where = differing === undefined ? 'their columns' : `the column ${differing.name}`;
    throw new MillraceError('SOURCE_SCHEMA_MISMATCH', `two profiles cannot be merged: they differ in ${where}`);
  }
  return {
    version: PROFILE_VERSION,
    rows: a.rows + b.rows,
    columns: a.columns.map((column) => mergeColumns(column, others.get(column.name)!)),
  };
}

function mergeColumns(a: ColumnProfile, b: ColumnProfile): ColumnProfile {
  const categories = a.categories && b.categories ? mergeCategories(a.categories, b.categories) : null;
  const distribution = a.distribution && b.distribution ? mergeDistributions(a.distribution, b.distribution) : null;
  const sketch = HyperLogLog.fromBase64(a.distinct.registers);
  sketch.merge(HyperLogLog.fromBase64(b.distinct.registers).registers);
  const knowable = a.distinct.exact !== null && b.distinct.exact !== null;
  const exact = !knowable
    ? null
    : categories?.exact
      ? categories.values.length
      : categories === null && distribution?.rankError === 0
        ? distribution.values.length
        : null;
  return {
    name: a.name,
    type: a.type === b.type ? a.type : `${a.type} | ${b.type}`,
    domain: a.domain,
    rows: a.rows + b.rows,
    nulls: a.nulls + b.nulls,
    nans: a.nans + b.nans,
    min: extreme(a.min, b.min, -1),
    max: extreme(a.max, b.max, 1),
    moments: a.moments && b.moments ? mergeMoments(a.moments, b.moments) : null,
    distribution,
    categories,
    distinct: { exact, registers: sketch.toBase64() },
  };
}

function mergeDistributions(a: Distribution, b: Distribution): Distribution {
  const sketch = NumberSketch.from(sketchStateOf(a), PROFILE_SKETCH);
  sketch.addState(sketchStateOf(b));
  return distributionOf(sketch.state(), PROFILE_SKETCH);
}

function extreme(a: Json, b: Json, sign: 1 | -1): Json {
  if (a === null || b === null) return a ?? b;
  return order(b, a) * sign > 0 ? b : a;
}

/** The order of two extremes of one column: numbers, digits, times, else texts by code point. */
function order(a: Json, b: Json): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (typeof a === 'boolean' && typeof b === 'boolean') return Number(a) - Number(b);
  const [x, y] = [a, b].map((value) => (typeof value === 'string' ? value : JSON.stringify(value))) as [string, string];
  const [p, q] = [parseDecimal(x), parseDecimal(y)];
  if (p && q) {
    const exponent = Math.min(p.exponent, q.exponent);
    const difference =
      p.digits * 10n ** BigInt(p.exponent - exponent) - q.digits * 10n ** BigInt(q.exponent - exponent);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }
  const [s, t] = [parseInstantNs(x), parseInstantNs(y)];
  if (s !== null && t !== null) return s < t ? -1 : s > t ? 1 : 0;
  return Buffer.from(x).compare(Buffer.from(y));
}
