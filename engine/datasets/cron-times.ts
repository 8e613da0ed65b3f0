import { DateTime } from 'luxon';
import type { CronFields } from '../../schemas/index.js';
import { HOUR, MINUTE } from './local-time.js';

const DAY = 24 * HOUR;
/** The rarest expression that comes at all, 29 February on one weekday, comes at least once in 40 years. */
const LONGEST_SEARCH_DAYS = 366 * 41;

/** The wall times of a cron expression; a wall time is written as the milliseconds that it would have in UTC. */
export interface CronTimes {
  /** The first that is later. */
  after(wall: number): number | undefined;
  /** The last that is not later. */
  atOrBefore(wall: number): number | undefined;
  matches(wall: number): boolean;
}

export function cronTimes(fields: CronFields): CronTimes {
  const { daysOfMonth, months, daysOfWeek, bothDays } = fields;
  const times = fields.hours.flatMap((hour) => fields.minutes.map((minute) => hour * HOUR + minute * MINUTE));
  const has = (values: readonly number[], value: number) => values.includes(value);

  function dayMatches(midnight: number): boolean {
    const day = DateTime.fromMillis(midnight, { zone: 'UTC' });
    if (!has(months, day.month)) return false;
    const ofMonth = has(daysOfMonth, day.day);
    const ofWeek = has(daysOfWeek, day.weekday % 7);
    return bothDays ? ofMonth && ofWeek : ofMonth || ofWeek;
  }

  function search(wall: number, step: 1 | -1, choose: (midnight: number) => number | undefined): number | undefined {
    let midnight = Math.floor(wall / DAY) * DAY;
    for (let days = 0; days <= LONGEST_SEARCH_DAYS; days++, midnight += step * DAY) {
      const found = dayMatches(midnight) ? choose(midnight) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  return {
    after: (wall) =>
      search(wall, 1, (midnight) => {
        const time = times.find((candidate) => midnight + candidate > wall);
        return time === undefined ? undefined : midnight + time;
      }),
    atOrBefore: (wall) =>
      search(wall, -1, (midnight) => {
        const time = times.findLast((candidate) => midnight + candidate <= wall);
        return time === undefined ? undefined : midnight + time;
      }),
    matches: (wall) => {
      const midnight = Math.floor(wall / DAY) * DAY;
      return dayMatches(midnight) && times.includes(wall - midnight);
    },
  };
}
