import type { ColumnKind } from './column-kind.js';

/** What a suite writes as a value or a bound. */
export type Literal = string | number | boolean;

/** How a literal that lies between two values of the column is moved onto one; `exact` gives null instead. */
export type Rounding = 'up' | 'down' | 'exact';

/** A literal in the units of a column; null where no value of the column can equal it. */
export type Ordinal = number | bigint | null;

/** A literal that a column of this type cannot be compared with. */
export class Misfit extends Error {}

/**
 * Translates a literal into the units in which the column stores its values, without loss: integers and decimals to the
 * (scaled) integer, instants to ticks, dates to days, booleans to 0 and 1.
 * @throws Misfit
 */
export function ordinalOf(literal: Literal, kind: ColumnKind, rounding: Rounding): Ordinal {
  switch (kind.domain) {
    case 'boolean':
      if (typeof literal === 'boolean') return literal ? 1 : 0;
      break;
    case 'number': {
      const number = typeof literal === 'string' && parseDecimal(literal) ? Number(literal) : literal;
      if (typeof number === 'number') return kind.single ? Math.fround(number) : number;
      break;
    }
    case 'integer':
    case 'decimal': {
      const decimal = typeof literal === 'boolean' ? null : parseDecimal(String(literal));
      if (decimal) return scaled(decimal.digits, decimal.exponent + kind.scale, rounding);
      break;
    }
    case 'instant':
    case 'date': {
      const ns = typeof literal === 'string' ? parseInstantNs(literal) : null;
      if (ns === null) break;
      const ticks = divide(ns, kind.unitNs, rounding);
      return kind.layout === 'number' && ticks !== null ? Number(ticks) : ticks;
    }
    case 'time': {
      const ns = typeof literal === 'string' ? parseTimeNs(literal) : null;
      if (ns === null) break;
      const ticks = divide(ns, kind.unitNs, rounding);
      return kind.layout === 'number' && ticks !== null ? Number(ticks) : ticks;
    }
    case 'text':
    case 'binary':
    case 'null':
    case 'other':
      break;
    default:
      kind.domain satisfies never;
  }
  throw new Misfit(`${JSON.stringify(literal)} cannot be compared with a column of type ${kind.name}`);
}

/** A number written in digits, as `digits * 10 ** exponent`; null for other texts. */
export function parseDecimal(text: string): { digits: bigint; exponent: number } | null {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/.exec(text.trim());
  if (!match) return null;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  const digits = BigInt(`${whole}${fraction}`);
  return { digits: sign === '-' ? -digits : digits, exponent: Number(exponent) - fraction.length };
}

/** Nanoseconds since 1970 of an ISO 8601 date or time; without an offset it is UTC. Null for other texts. */
export function parseInstantNs(text: string): bigint | null {
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:?\d{2})?)?$/.exec(
    text,
  );
  if (!match) return null;
  const [, date, minutes = '00:00', seconds = '00', fraction = '', zone = 'Z'] = match;
  if (!isDay(date!)) return null;
  const ms = Date.parse(
    `${date}T${minutes}:${seconds}.000${/^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone}`,
  );
  return Number.isNaN(ms) ? null : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** Whether the calendar has a day; `Date` takes the 30th of February for the 2nd of March. */
function isDay(date: string): boolean {
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}

/** Nanoseconds since midnight of a time of day, as in `08:30` or `08:30:00.5`. Null for other texts. */
export function parseTimeNs(text: string): bigint | null {
  const match = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?$/.exec(text);
  if (!match) return null;
  const [, hours, minutes, seconds = '00', fraction = ''] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return null;
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A time of day by its nanoseconds since midnight, with as many digits as needed. */
export function formatTimeNs(ns: bigint): string {
  const [, time] = /T(.*)Z$/.exec(formatInstantNs(ns)) ?? [];
  return ns < 0n || ns >= 86_400_000_000_000n || time === undefined ? `${ns} ns` : time;
}

/** ISO 8601 of nanoseconds since 1970, with as many digits as needed. */
export function formatInstantNs(ns: bigint): string {
  const seconds = divide(ns, 1_000_000_000n, 'down')!;
  const ms = Number(seconds) * 1000;
  if (!Number.isFinite(ms) || Math.abs(ms) > 8.64e15) return `${ns} ns since 1970`;
  const fraction = (ns - seconds * 1_000_000_000n).toString().padStart(9, '0').replace(/0+$/, '');
  return new Date(ms).toISOString().replace('.000Z', fraction === '' ? 'Z' : `.${fraction}Z`);
}

function scaled(digits: bigint, exponent: number, rounding: Rounding): bigint | null {
  return exponent >= 0 ? digits * 10n ** BigInt(exponent) : divide(digits, 10n ** BigInt(-exponent), rounding);
}

function divide(value: bigint, by: bigint, rounding: Rounding): bigint | null {
  const quotient = value / by;
  const rest = value % by;
  if (rest === 0n) return quotient;
  if (rounding === 'exact') return null;
  // BigInt division drops the fraction, which is up below zero and down above.
  return rounding === 'up' ? quotient + (rest > 0n ? 1n : 0n) : quotient - (rest < 0n ? 1n : 0n);
}
