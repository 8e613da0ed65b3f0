import { DateTime } from 'luxon';
import type { Alert, AlertChannel } from '../../schemas/index.js';

/**
 * When an alert may be told on a channel.
 * @param now milliseconds since 1970
 * @returns end of the quiet hours that it falls into, in milliseconds since 1970; null: at once
 */
export function quietUntil({ quiet }: Pick<AlertChannel, 'quiet'>, { severity }: Pick<Alert, 'severity'>, now: number) {
  if (quiet === undefined || quiet.except.includes(severity) || quiet.from === quiet.to) return null;
  const local = DateTime.fromMillis(now, { zone: quiet.timezone });
  const time = local.toFormat('HH:mm');
  const { from, to } = quiet;
  const overMidnight = from > to;
  const within = overMidnight ? time >= from || time < to : time >= from && time < to;
  if (!within) return null;
  const [hour = 0, minute = 0] = to.split(':').map(Number);
  const day = overMidnight && time >= from ? local.plus({ days: 1 }) : local;
  return day.set({ hour, minute, second: 0, millisecond: 0 }).toMillis();
}
