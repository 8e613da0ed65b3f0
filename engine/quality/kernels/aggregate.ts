import type { Problem } from '../../../schemas/problems.js';
import { decimalText, integerCell } from '../cell.js';
import type { ColumnKind } from '../column-kind.js';
import {
  formatInstantNs,
  formatTimeNs,
  Misfit,
  ordinalOf,
  parseDecimal,
  parseInstantNs,
  parseTimeNs,
} from '../literals.js';
import { sampleVariance } from '../profile/moments.js';
import { CHECK_SKETCH, distributionOf, quantileOf } from '../profile/sketch.js';
import type { Json } from '../json.js';
import type { CheckState, DistributionState, NumbersState, OrderKey } from '../states.js';
import { boundsProblems, rangeWords, type Bounds } from './bounds.js';
import { DistributionKernel } from './distribution.js';
import type { CheckDefinition, CheckOf, Finding, Kernel } from './kernel.js';
import { warnWords } from './limits.js';
import { NumbersKernel } from './numbers.js';

type Aggregate = CheckOf<'aggregate'>;

const isRank = ({ metric }: Aggregate) => metric === 'median' || metric === 'quantile';
const TIMES = new Set<ColumnKind['domain']>(['instant', 'date', 'time']);
const isTime = (kind: ColumnKind) => TIMES.has(kind.domain);

/** NaN makes every statistic NaN, which fails; nulls are left out. Without values only `sum` (0) can pass. */
export const aggregate: CheckDefinition<Aggregate> = {
  columns: (check) => [check.column],
  problems,
  share: (check) => `${isRank(check) ? 'distribution' : 'numbers'} ${check.column}`,
  start(check, [kind]): Kernel {
    if (isTime(kind!) && check.metric !== 'min' && check.metric !== 'max') {
      throw new Misfit(`a column of type ${kind!.name} has no ${check.metric}`);
    }
    for (const bound of [check.min, check.max]) if (bound !== undefined) ordinalOf(bound, comparable(kind!), 'up');
    return isRank(check) ? new DistributionKernel(check.column, kind!) : new NumbersKernel(check.column, kind!);
  },
  threshold(check) {
    const name = check.metric === 'quantile' ? `quantile ${check.quantile}` : check.metric;
    const warn = check.warn === undefined ? '' : `, ${warnWords(check.warn.min, check.warn.max)}`;
    return check.min === undefined && check.max === undefined
      ? `${name}${warn}`
      : `${name} ${rangeWords(check)}${warn}`;
  },
  observesValue: ({ metric }) => isSingleValue(metric),
  judge: (state, check, { kinds }) => judgeAggregate(state, check, kinds[0]!),
};

const SINGLE_VALUES = new Set(['min', 'max', 'median', 'quantile']);

/** Whether a measure is, or is next to, the value of a single row. */
export function isSingleValue(metric: string): boolean {
  return SINGLE_VALUES.has(metric);
}

/** Booleans are counted as 0 and 1, so their statistics compare with numbers. */
function comparable(kind: ColumnKind): ColumnKind {
  return kind.domain === 'boolean' ? { ...kind, domain: 'number' } : kind;
}

function problems(check: Aggregate): Problem[] {
  const found: Problem[] = [];
  if (check.metric === 'quantile' && check.quantile === undefined) {
    found.push({ path: 'quantile', message: 'must be given for the metric quantile' });
  }
  if (check.metric !== 'quantile' && check.quantile !== undefined) {
    found.push({ path: 'quantile', message: `has no meaning for the metric ${check.metric}` });
  }
  if (check.warn !== undefined) {
    found.push(...boundsProblems(check.warn).map(({ path, message }) => ({ path: `warn.${path}`, message })));
    if (check.min === undefined && check.max === undefined) return [...found, ...numberProblems(check)];
  }
  return [...found, ...boundsProblems(check), ...numberProblems(check)];
}

/** Only the least and the greatest value of times are times. */
function numberProblems(check: Aggregate): Problem[] {
  if (check.metric === 'min' || check.metric === 'max') return [];
  const bounds = { min: check.min, max: check.max, 'warn.min': check.warn?.min, 'warn.max': check.warn?.max };
  return Object.entries(bounds).flatMap(([path, bound]) => {
    const isTime =
      typeof bound === 'string' && parseDecimal(bound) === null && boundsProblems({ min: bound }).length === 0;
    return isTime ? [{ path, message: `must be a number: times have no ${check.metric}` }] : [];
  });
}

function judgeAggregate(state: CheckState, check: Aggregate, kind: ColumnKind): Finding {
  const { value, observed, message } = measure(state, check, kind);
  const { total } = state as NumbersState | DistributionState;
  return {
    passed: isWithin(value, check),
    calm: check.warn === undefined || isWithin(value, check.warn),
    observed,
    failing: 0,
    total,
    examples: [],
    ...(message === undefined ? {} : { message }),
  };
}

interface Measured {
  value: Measure;
  observed: Json;
  message?: string;
}

/** A statistic: a double, or exactly `digits / 10 ** scale`; of times nanoseconds since 1970. Null without values. */
type Measure = number | { digits: bigint; scale: number } | null;

function measure(state: CheckState, check: Aggregate, kind: ColumnKind): Measured {
  if (state.kind === 'distribution') {
    if (state.nans > 0) return double(NaN);
    const distribution = distributionOf(state.sketch, CHECK_SKETCH);
    const value = quantileOf(distribution, check.metric === 'median' ? 0.5 : check.quantile!);
    if (distribution.rankError === 0) return double(value);
    const error = (distribution.rankError * 100).toFixed(2);
    return { ...double(value), message: `from a sketch: the rank is right within ${error} % with 99 % confidence` };
  }
  const { moments, nans, sum, least, greatest, total } = state as NumbersState;
  if (nans > 0) return double(NaN);
  switch (check.metric) {
    case 'min':
      return exact(least, kind);
    case 'max':
      return exact(greatest, kind);
    case 'sum':
      if (sum !== null) return exact({ integer: sum }, kind);
      return double(moments.infinite > 0 ? infiniteSum(least, greatest) : moments.sum);
    case 'mean':
      return double(total === 0 ? NaN : moments.infinite > 0 ? infiniteSum(least, greatest) : moments.mean);
    case 'variance':
      return double(moments.infinite > 0 ? NaN : sampleVariance(moments));
    case 'stddev':
      return double(moments.infinite > 0 ? NaN : Math.sqrt(sampleVariance(moments)));
    case 'median':
    case 'quantile':
      throw new TypeError(`${check.metric} needs a distribution`);
    default:
      return check.metric satisfies never;
  }
}

function double(value: number): Measured {
  return { value, observed: Number.isFinite(value) ? value : String(value) };
}

function exact(key: OrderKey | null, kind: ColumnKind): Measured {
  if (key === null || 'text' in key) return { value: null, observed: null };
  if ('number' in key && kind.floating) return double(key.number);
  const integer = 'number' in key ? BigInt(key.number) : BigInt(key.integer);
  if (isTime(kind)) {
    const ns = integer * kind.unitNs;
    return {
      value: { digits: ns, scale: 0 },
      observed: kind.domain === 'time' ? formatTimeNs(ns) : formatInstantNs(ns),
    };
  }
  const observed = kind.scale > 0 ? decimalText(integer, kind.scale) : integerCell(integer);
  return { value: { digits: integer, scale: kind.scale }, observed };
}

/** The sum of numbers of which some are infinite. */
function infiniteSum(least: OrderKey | null, greatest: OrderKey | null): number {
  const [low, high] = [least, greatest].map((key) => (key !== null && 'number' in key ? key.number : 0));
  return low! + high! !== low! + high! ? NaN : low === -Infinity ? -Infinity : Infinity;
}

function isWithin(value: Measure, { min, max }: Bounds): boolean {
  if (value === null) return false;
  return (min === undefined || compare(value, min) >= 0) && (max === undefined || compare(value, max) <= 0);
}

/** The order of a statistic and a bound; NaN where there is none. */
function compare(value: Exclude<Measure, null>, bound: string | number): number {
  if (typeof value === 'number') return value - Number(bound) || (value === Number(bound) ? 0 : NaN);
  const decimal = parseDecimal(String(bound)) ?? {
    digits: (parseInstantNs(String(bound)) ?? parseTimeNs(String(bound)))!,
    exponent: 0,
  };
  const exponent = Math.min(-value.scale, decimal.exponent);
  const left = value.digits * 10n ** BigInt(-value.scale - exponent);
  const right = decimal.digits * 10n ** BigInt(decimal.exponent - exponent);
  return left < right ? -1 : left > right ? 1 : 0;
}
