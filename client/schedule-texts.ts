import type { CalendarSpec } from '@temporalio/client';

/** Months and days of the week as Temporal’s calendars name them. */
export const MONTHS = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
export const DAYS = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

/** The values of each field, written short: `minute 0, hour 3, day 1-31, month 1-12, weekday 0-6`. */
export function calendarText(calendar: CalendarSpec): string {
  const { minute, hour, dayOfMonth, month, dayOfWeek, year, second } = calendar;
  const parts: [string, unknown, readonly string[]][] = [
    ['minute', minute, []],
    ['hour', hour, []],
    ['day', dayOfMonth, []],
    ['month', month, ['', ...MONTHS]],
    ['weekday', dayOfWeek, DAYS],
  ];
  const texts = parts.map(([name, value, names]) => `${name} ${rangesText(valuesOf(value, names))}`);
  // Schedules that are made here have neither; one that was edited elsewhere may.
  const seconds = valuesOf(second ?? 0, []);
  if (seconds.join() !== '0') texts.push(`second ${rangesText(seconds)}`);
  const years = valuesOf(year ?? [], []);
  if (years.length > 0) texts.push(`year ${rangesText(years)}`);
  return texts.join(', ');
}

function valuesOf(value: unknown, names: readonly string[]): number[] {
  const number = (one: unknown) => (typeof one === 'string' ? names.indexOf(one) : Number(one));
  const found = new Set<number>();
  for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
    const range =
      typeof item === 'object' && item !== null
        ? (item as { start: unknown; end?: unknown; step?: number })
        : { start: item };
    const start = number(range.start);
    const end = Math.max(start, number(range.end ?? range.start));
    for (let one = start; one <= end; one += Math.max(1, range.step ?? 1)) found.add(one);
  }
  return [...found].sort((a, b) => a - b);
}

function rangesText(values: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const value of values) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === value - 1) last[1] = value;
    else ranges.push([value, value]);
  }
  return ranges.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(',');
}
