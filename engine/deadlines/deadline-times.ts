import { DateTime } from 'luxon';
import type { Deadline } from '../../schemas/index.js';

/**
 * The deadlines around a time: the last that has passed, and the next. A time that clocks skip on its day comes when they have
 * jumped.
 * @param now milliseconds since 1970, as are the results
 */
export function deadlinesAround({ at, timezone }: Pick<Deadline, 'at' | 'timezone'>, now: number) {
  const [hour = 0, minute = 0] = at.split(':').map(Number);
  const on = (days: number) =>
    DateTime.fromMillis(now, { zone: timezone })
      .plus({ days })
      .set({ hour, minute, second: 0, millisecond: 0 })
      .toMillis();
  const times = [-1, 0, 1].map(on);
  return {
    last: Math.max(...times.filter((time) => time <= now)),
    next: Math.min(...times.filter((time) => time > now)),
  };
}
