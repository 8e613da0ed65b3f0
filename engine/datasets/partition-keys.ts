import { DateTime } from 'luxon';
import { HOUR, MINUTE, type LocalTime, type Stretch } from './local-time.js';

export type TimeKind = 'hourly' | 'daily' | 'weekly' | 'monthly';

/** A half-open interval of instants; milliseconds. */
export interface Interval {
  start: number;
  end: number;
}

/** How the keys of one kind are written and what they cover. Pure calendar arithmetic; ranges are judged elsewhere. */
export interface KeyRules {
  /** The form of a key, by example. */
  form: string;
  /** Interval that a key covers, or what is wrong with the key. */
  parse(key: string, time: LocalTime): Interval | string;
  /** Key of the interval that contains an instant. */
  keyAt(instant: number, time: LocalTime): string;
}

export const KEY_RULES: Record<TimeKind, KeyRules> = {
  hourly: {
    form: '2001-03-01T05',
    parse: parseHour,
    keyAt(instant, time) {
      const wallHour = floorTo(HOUR, time.wallAt(instant));
      const at = time.stretches(wallHour);
      return hourKey(wallHour, at.find((stretch) => stretch.start <= instant && instant < stretch.end) ?? at[0], at);
    },
  },
  daily: calendarRules('2001-03-01', /^\d{4}-\d{2}-\d{2}$/, 'yyyy-MM-dd', 'day'),
  weekly: calendarRules('2001-W09', /^\d{4}-W\d{2}$/, "kkkk-'W'WW", 'week'),
  monthly: calendarRules('2001-03', /^\d{4}-\d{2}$/, 'yyyy-MM', 'month'),
};

function calendarRules(form: string, pattern: RegExp, format: string, unit: 'day' | 'week' | 'month'): KeyRules {
  /** The calendar dates of a key, as wall times of their midnights. */
  const dates = (first: DateTime): Interval => ({ start: first.toMillis(), end: first.plus({ [unit]: 1 }).toMillis() });

  function parse(key: string, time: LocalTime): Interval | string {
    const first = pattern.test(key) ? DateTime.fromISO(key, { zone: 'UTC' }) : undefined;
    if (first === undefined) return 'is not of that form';
    if (!first.isValid) return `is not a ${unit} of the calendar`;
    const wall = dates(first);
    const interval = { start: time.firstInstant(wall.start), end: time.firstInstant(wall.end) };
    // Whole days are missing where a country has changed sides of the date line.
    return interval.start < interval.end ? interval : `is a ${unit} that the time zone skips`;
  }

  return {
    form,
    parse,
    keyAt(instant, time) {
      const shown = DateTime.fromMillis(time.wallAt(instant), { zone: 'UTC' }).startOf(unit);
      // Where clocks are set back over midnight, they show the day before again after the new day has begun.
      for (const first of [shown, shown.plus({ [unit]: 1 })]) {
        const key = first.toFormat(format);
        const interval = parse(key, time);
        if (typeof interval !== 'string' && interval.start <= instant && instant < interval.end) return key;
      }
      return shown.toFormat(format);
    },
  };
}

function parseHour(key: string, time: LocalTime): Interval | string {
  const [, date, hour] = /^(\d{4}-\d{2}-\d{2})T(\d{2})(?:[+-]\d{2}:\d{2})?$/.exec(key) ?? [];
  if (date === undefined || hour === undefined) return 'is not of that form';
  const wall = DateTime.fromISO(date, { zone: 'UTC' });
  if (!wall.isValid || Number(hour) > 23) return 'is not an hour of the calendar';
  const wallHour = wall.toMillis() + Number(hour) * HOUR;
  const at = time.stretches(wallHour);
  if (at.length === 0) return 'is an hour that the time zone skips';
  const meant = at.find((stretch) => hourKey(wallHour, stretch, at) === key);
  if (meant !== undefined) return { start: meant.start, end: meant.end };
  return `is not how this hour is written: ${at.map((stretch) => hourKey(wallHour, stretch, at)).join(', then ')}`;
}

/** An hour that clocks show twice has the offset in its second key, as in `2001-10-28T02+01:00`; so keys sort as time does. */
function hourKey(wallHour: number, stretch: Stretch | undefined, all: Stretch[]): string {
  const bare = DateTime.fromMillis(wallHour, { zone: 'UTC' }).toFormat("yyyy-MM-dd'T'HH");
  if (stretch === undefined || stretch === all[0]) return bare;
  const minutes = Math.abs(Math.round(stretch.offset / MINUTE));
  const two = (value: number) => String(value).padStart(2, '0');
  return `${bare}${stretch.offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const floorTo = (unit: number, value: number) => Math.floor(value / unit) * unit;
