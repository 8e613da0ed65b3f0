import { parseDecimal, parseInstantNs, parseTimeNs, type Literal } from '../literals.js';

/** A closed range; at least one side is there. */
export interface Bounds {
  min?: string | number | undefined;
  max?: string | number | undefined;
}

/** What is wrong with the bounds of a range, whatever the column. */
export function boundsProblems({ min, max }: Bounds): { path: string; message: string }[] {
  if (min === undefined && max === undefined) {
    return [{ path: 'min', message: 'at least one of min and max must be given' }];
  }
  const bounds = [
    { path: 'min', key: min === undefined ? undefined : boundKey(min) },
    { path: 'max', key: max === undefined ? undefined : boundKey(max) },
  ] as const;
  const unreadable = bounds.filter(({ key }) => key === null);
  if (unreadable.length > 0) {
    return unreadable.map(({ path }) => ({ path, message: 'must be a number or an ISO 8601 date or time' }));
  }
  const [low, high] = [bounds[0].key, bounds[1].key];
  if (!low || !high) return [];
  if (low.time !== high.time) return [{ path: 'max', message: 'must be a time if min is one, else a number' }];
  return less(high, low) ? [{ path: 'max', message: `must not be less than min (${String(min)})` }] : [];
}

/** A range in words. */
export function rangeWords({ min, max }: Bounds): string {
  if (min === undefined) return `at most ${String(max)}`;
  return max === undefined ? `at least ${min}` : `${min} to ${max}`;
}

interface BoundKey {
  time: boolean;
  digits: bigint;
  exponent: number;
}

function boundKey(bound: Literal): BoundKey | null {
  const decimal = parseDecimal(String(bound));
  if (decimal) return { time: false, ...decimal };
  const ns = parseInstantNs(String(bound)) ?? parseTimeNs(String(bound));
  return ns === null ? null : { time: true, digits: ns, exponent: 0 };
}

function less(a: BoundKey, b: BoundKey): boolean {
  const exponent = Math.min(a.exponent, b.exponent);
  return a.digits * 10n ** BigInt(a.exponent - exponent) < b.digits * 10n ** BigInt(b.exponent - exponent);
}
