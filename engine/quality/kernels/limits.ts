import type { Problem } from '../../../schemas/problems.js';

/** The limits of a measured number, and the stricter ones past which it warns. */
export interface Limits {
  min?: number | undefined;
  max?: number | undefined;
  warn?: { min?: number | undefined; max?: number | undefined } | undefined;
}

/** Whether a number is within both ranges. NaN is within none, where a range has a limit at all. */
export function withinLimits(value: number | bigint, { min, max, warn }: Limits): { passed: boolean; calm: boolean } {
  const within = (low = -Infinity, high = Infinity) => value >= low && value <= high;
  return { passed: within(min, max), calm: within(warn?.min, warn?.max) };
}

/** What is wrong with limits, whatever is measured. */
export function limitsProblems({ min, max, warn }: Limits): Problem[] {
  const problems: Problem[] = [];
  if (min === undefined && max === undefined && warn?.min === undefined && warn?.max === undefined) {
    problems.push({ path: 'min', message: 'at least one of min and max must be given' });
  }
  if (min !== undefined && max !== undefined && max < min) {
    problems.push({ path: 'max', message: `must not be less than min (${min})` });
  }
  if (warn?.min !== undefined && warn.max !== undefined && warn.max < warn.min) {
    problems.push({ path: 'warn.max', message: `must not be less than warn.min (${warn.min})` });
  }
  return problems;
}

/** Limits in words, as in `0.1 to 0.5` or `at most 3`. */
export function limitsWords({ min, max, warn }: Limits): string {
  const words = (low?: number, high?: number) => {
    if (low === undefined) return high === undefined ? '' : `at most ${high}`;
    return high === undefined ? `at least ${low}` : `${low} to ${high}`;
  };
  const second = warn === undefined ? '' : warnWords(warn.min, warn.max);
  return [words(min, max), second].filter((part) => part !== '').join(', ');
}

/** Where a check warns, as in `warns below 3`; nothing where it does not. */
export function warnWords(low: number | string | undefined, high: number | string | undefined): string {
  if (low === undefined) return high === undefined ? '' : `warns above ${high}`;
  return high === undefined ? `warns below ${low}` : `warns outside ${low} to ${high}`;
}
