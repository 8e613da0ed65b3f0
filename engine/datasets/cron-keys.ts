import { DateTime } from 'luxon';
import { MillraceError, parseCron } from '../../schemas/index.js';
import { cronTimes } from './cron-times.js';
import { HOUR, type LocalTime } from './local-time.js';
import type { Interval, KeyRules } from './partition-keys.js';

const FORMAT = "yyyy-MM-dd'T'HH:mm";
/** Farther than any offset and change of offset. */
const REACH = 26 * HOUR;

const known = new Map<string, KeyRules>();

/**
 * Keys of partitions that begin at the times of a cron expression. A key is the wall time at which its partition begins;
 * one that clocks skip begins when they have jumped, and of several that then begin at once only the last is a key.
 */
export function cronRules(expression: string): KeyRules {
  const rules = known.get(expression) ?? createRules(expression);
  known.set(expression, rules);
  return rules;
}

function createRules(expression: string): KeyRules {
  const fields = parseCron(expression);
  if (typeof fields === 'string') throw new MillraceError('PARTITION_INVALID', `cron "${expression}" ${fields}`);
  const times = cronTimes(fields);

  function intervalFrom(wall: number, time: LocalTime): Interval {
    const start = time.firstInstant(wall);
    const next = times.after(wall);
    return { start, end: next === undefined ? Number.POSITIVE_INFINITY : time.firstInstant(next) };
  }

  return {
    form: DateTime.fromMillis(times.after(Date.UTC(2001, 2, 1) - 1) ?? 0, { zone: 'UTC' }).toFormat(FORMAT),
    parse(key, time) {
      const begin = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(key) ? DateTime.fromISO(key, { zone: 'UTC' }) : undefined;
      if (begin === undefined) return 'is not of that form';
      const wall = begin.toMillis();
      if (!begin.isValid || !times.matches(wall)) return `is not a time of "${expression}"`;
      const interval = intervalFrom(wall, time);
      return interval.start < interval.end ? interval : 'is a time that the time zone skips';
    },
    keyAt(instant, time) {
      // Where clocks were set back, they have shown later times already than they show now.
      let wall = times.atOrBefore(instant + Math.max(time.offsetAt(instant), time.offsetAt(instant - REACH)));
      while (wall !== undefined && time.firstInstant(wall) > instant) wall = times.atOrBefore(wall - 1);
      return DateTime.fromMillis(wall ?? instant, { zone: 'UTC' }).toFormat(FORMAT);
    },
  };
}
