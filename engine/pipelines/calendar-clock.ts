import { parseCron, type CronFields } from '../../schemas/index.js';
import { cronTimes, HOUR, localTimeOf, MINUTE, type CronTimes, type LocalTime } from '../datasets/index.js';

const DAY = 24 * HOUR;
/** How far back the firing before is looked for; the last is longer than any cron expression rests. */
const LOOKS_BACK = [3 * HOUR, 2 * DAY, 40 * DAY, 400 * DAY, 41 * 366 * DAY];

/** When a cron expression is to fire in a time zone, and which of these times the calendars of the scheduler leave out. */
export interface CronClock {
  /** The last time before an instant at which the scheduler fires; undefined if there is none. */
  firedBefore(instant: number): number | undefined;
  /**
   * Times between the firing before an instant and the instant at which it does not fire, though the expression comes: those that
   * clocks skip, which come when they have jumped, and also just before where they jump over midnight, for their day is over then;
   * some of the hour that they show twice; and for an expression of every hour, when clocks cut an hour short. Oldest first.
   */
  leftOut(instant: number): number[];
}

export function cronClock(cron: string, timezone: string): CronClock {
  const fields = parseCron(cron);
  const time = localTimeOf(timezone);
  if (typeof fields === 'string' || time === undefined) {
    return { firedBefore: () => undefined, leftOut: () => [] };
  }
  const times = cronTimes(fields);

  function firedBefore(instant: number): number | undefined {
    for (const back of LOOKS_BACK) {
      let last: number | undefined;
      let next = firingAfter(fields as CronFields, times, time as LocalTime, instant - back);
      while (next !== undefined && next < instant) {
        last = next;
        next = firingAfter(fields as CronFields, times, time as LocalTime, next);
      }
      if (last !== undefined) return last;
    }
    return undefined;
  }

  return {
    firedBefore,
    leftOut(instant) {
      const before = firedBefore(instant);
      if (before === undefined || !changesWithin(time, before - DAY, instant + DAY)) return [];
      const found = new Set<number>();
      // Every hour means every hour that passes, also the second of two with one name; else a time comes once.
      const everyHour = fields.hours.length === 24;
      let wall = times.after(before - DAY + Math.min(time.offsetAt(before), 0));
      const last = instant + DAY + Math.max(time.offsetAt(instant), 0);
      for (; wall !== undefined && wall <= last; wall = times.after(wall)) {
        const shown = time.instants(wall);
        const first = time.firstInstant(wall);
        found.add(first);
        if (everyHour) shown.forEach((one) => found.add(one));
        if (shown.length === 0 && dayOf(time.wallAt(first)) > dayOf(wall)) found.add(first - 1);
      }
      if (everyHour) changesBetween(time, before, instant).forEach((one) => found.add(one));
      return [...found].filter((one) => before < one && one < instant).sort((a, b) => a - b);
    },
  };
}

const dayOf = (wall: number) => Math.floor(wall / DAY);

/** Instants in (from, to) at which clocks are set; no more than one a day. */
function changesBetween(time: LocalTime, from: number, to: number): number[] {
  const found: number[] = [];
  for (let at = from; at < to; at += DAY) {
    const change = time.changeWithin(at, Math.min(at + DAY, to));
    if (change !== undefined && change < to) found.push(change);
  }
  return found;
}

function changesWithin(time: LocalTime, from: number, to: number): boolean {
  for (let at = from; at < to; at += DAY) if (time.offsetAt(at) !== time.offsetAt(at + DAY)) return true;
  return false;
}

/**
 * The first time after an instant at which Temporal’s calendars fire, by the steps that its server takes: it leaves out what clocks
 * skip, and east of Greenwich some of the hour that they repeat.
 */
function firingAfter(
  { hours, minutes }: CronFields,
  times: CronTimes,
  time: LocalTime,
  instant: number,
): number | undefined {
  const shown = time.wallAt(instant);
  const hourOf = (wall: number) => Math.floor(wall / HOUR) % 24;
  const hourStart = (wall: number) => Math.floor(wall / HOUR) * HOUR;
  let later = hourOf(time.wallAt(instant - HOUR)) === hourOf(shown) ? HOUR : 0;
  let wall = Math.floor(shown / MINUTE) * MINUTE;
  const nextHour = () => {
    const next = hourStart(wall) + HOUR;
    const twice = instantOf(time, next) - instantOf(time, hourStart(wall)) > HOUR;
    // Two hours pass until the next: the same one comes once more.
    if (later === 0 && twice) {
      later = HOUR;
      wall = hourStart(wall);
    } else {
      later = 0;
      wall = next;
    }
  };
  const minuteOf = (at: number) => Math.floor(at / MINUTE) % 60;
  if (minuteOf(wall) === 59) nextHour();
  else wall += MINUTE;
  for (;;) {
    const day = Math.floor(wall / DAY);
    const lastOfDay = times.atOrBefore((day + 1) * DAY - 1);
    if (lastOfDay === undefined || lastOfDay < day * DAY) {
      const next = times.after(wall);
      if (next === undefined) return undefined;
      wall = Math.floor(next / DAY) * DAY;
      later = 0;
    }
    if (!hours.includes(hourOf(wall))) {
      wall = hourStart(wall) + HOUR;
      later = 0;
      continue;
    }
    const minute = minutes.find((one) => one >= minuteOf(wall));
    if (minute === undefined) {
      nextHour();
      continue;
    }
    wall = hourStart(wall) + minute * MINUTE;
    const found = instantOf(time, wall);
    if (hourOf(time.wallAt(found)) === hourOf(wall)) return found + later;
    wall = hourStart(wall) + HOUR;
  }
}

/** The instant of a wall time as Go’s `time.Date` has it: of two, the one with the offset of that time in UTC. */
function instantOf(time: LocalTime, wall: number): number {
  const offset = time.offsetAt(wall);
  return wall - (time.offsetAt(wall - offset) === offset ? offset : time.offsetAt(wall - offset));
}
