import { z } from 'zod';

/** A cron expression as the values that each field matches, sorted. */
export interface CronFields {
  minutes: number[];
  hours: number[];
  daysOfMonth: number[];
  months: number[];
  /** 0 is Sunday. */
  daysOfWeek: number[];
  /** Whether a day must match both fields of days: they are alternatives only if both are restricted, as in POSIX. */
  bothDays: boolean;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS = [
  { name: 'minute', low: 0, high: 59, names: [] },
  { name: 'hour', low: 0, high: 23, names: [] },
  { name: 'day of the month', low: 1, high: 31, names: [] },
  { name: 'month', low: 1, high: 12, names: MONTHS },
  // Sunday may be written 0 or 7.
  { name: 'day of the week', low: 0, high: 7, names: DAYS },
] as const;

/** Names for whole expressions, as cron and other schedulers have them. */
const MACROS: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/**
 * Reads a cron expression of five fields: numbers, names of months and days, `*`, ranges, lists and steps; or a name such as `@daily`.
 * @returns what is wrong with it, as a text, if it is none
 */
export function parseCron(text: string): CronFields | string {
  const parts = (MACROS[text.trim()] ?? text.trim()).split(/\s+/);
  if (parts.length !== FIELDS.length) return wrongForm(parts);
  const values: number[][] = [];
  for (const [index, field] of FIELDS.entries()) {
    const parsed = parseField(parts[index] ?? '', field);
    if (typeof parsed === 'string') return `${field.name}: ${parsed}`;
    values.push(parsed);
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], days = []] = values;
  const daysOfWeek = [...new Set(days.map((day) => day % 7))].sort((a, b) => a - b);
  const longest = Math.max(...months.map((month) => (month === 2 ? 29 : [4, 6, 9, 11].includes(month) ? 30 : 31)));
  const bothDays = parts[2]?.startsWith('*') === true || parts[4]?.startsWith('*') === true;
  if (bothDays && Math.min(...daysOfMonth) > longest) return 'never comes: none of its months has such a day';
  return { minutes, hours, daysOfMonth, months, daysOfWeek, bothDays };
}

/** What to write instead of an expression of another form. */
function wrongForm(parts: readonly string[]): string {
  const [first = ''] = parts;
  const five = `must have five fields: ${FIELDS.map(({ name }) => name).join(', ')}`;
  if (first === '@every') return `${five}; an interval is \`everySeconds\` instead of \`cron\``;
  if (first.startsWith('@')) return `${five}; or be one of ${Object.keys(MACROS).join(', ')}`;
  if (/^(CRON_)?TZ=/.test(first)) return `${five}; the time zone is the field \`timezone\``;
  if (parts.length === FIELDS.length + 1) return `${five}; not six, as there are no seconds and no years`;
  return five;
}

interface Field {
  low: number;
  high: number;
  names: readonly string[];
}

function parseField(text: string, field: Field): number[] | string {
  const found = new Set<number>();
  for (const item of text.split(',')) {
    const [, range = '', step = '1'] = /^([^/]+)(?:\/(\d+))?$/.exec(item) ?? [];
    const [from = '', to, ...rest] = range.split('-');
    const whole = range === '*';
    const low = whole ? field.low : numberOf(from, field);
    // A start with a step and no end goes to the end of the field.
    const open = item.includes('/') && to === undefined;
    const high = whole || open ? (field.high === 7 ? 6 : field.high) : to === undefined ? low : numberOf(to, field);
    const fits = low !== undefined && high !== undefined && low <= high && rest.length === 0;
    if (!fits || Number(step) === 0) {
      return `"${item}" is not a value, range or step from ${field.low} to ${field.high}${hintAt(item, low, high)}`;
    }
    for (let value = low; value <= high; value += Number(step)) found.add(value);
  }
  return [...found].sort((a, b) => a - b);
}

function hintAt(item: string, low: number | undefined, high: number | undefined): string {
  if (item === '?') return '; write "*"';
  if (low !== undefined && high !== undefined && low > high)
    return '; write a range over the end as two, joined by ","';
  return /[LW#]/.test(item) ? '; L, W and # are not known' : '';
}

function numberOf(text: string, { low, high, names }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + low;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= low && value <= high ? value : undefined;
}

/** A cron expression of five fields: minute, hour, day of the month, month, day of the week. */
export const cronField = z.string().check((context) => {
  const parsed = parseCron(context.value);
  if (typeof parsed === 'string') context.issues.push({ code: 'custom', message: parsed, input: context.value });
});
