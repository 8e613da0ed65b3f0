import { localTimeOf, partitionRange, partitionWindow } from '../../../engine/datasets/index.js';
import { cronClock, partitionsOfFiring } from '../../../engine/pipelines/index.js';
import type { Partitions } from '../../../schemas/index.js';

const DAY = 86_400_000;

/** Days of 2027 on which clocks are changed: one zone for each way in which they are. */
const CHANGES = [
  ...new Map(
    Intl.supportedValuesOf('timeZone').flatMap((timezone) => {
      const time = localTimeOf(timezone);
      const days = Array.from({ length: 365 }, (_, day) => Date.UTC(2027, 0, 1) + day * DAY);
      return days.flatMap((day): [string, { timezone: string; day: number }][] => {
        const change = time?.changeWithin(day, day + DAY);
        if (time === undefined || change === undefined) return [];
        return [[`${change % DAY}: ${time.offsetAt(day)} to ${time.offsetAt(change)}`, { timezone, day }]];
      });
    }),
  ).values(),
];
const CRONS = ['0 * * * *', '30 * * * *', '30 2 * * *', '0 0 * * *', '59 23 * * *', '15 1-3 * * *'];

const daily = (timezone: string, rest = {}): Partitions => ({ kind: 'daily', timezone, ...rest });
const hourly = (timezone: string): Partitions => ({ kind: 'hourly', timezone });
const at = (cron: string, timezone: string) => ({ cron, timezone });

describe('a firing of a schedule', () => {
  it.each<[string, Partitions, { cron: string; timezone: string }, string, string[]]>([
    [
      'runs the partition that its time closes',
      daily('Europe/Berlin'),
      at('30 2 * * *', 'Europe/Berlin'),
      '2027-03-27T01:30:00Z',
      ['2027-03-26'],
    ],
    [
      'makes up for the time that clocks skipped',
      daily('Europe/Berlin'),
      at('30 2 * * *', 'Europe/Berlin'),
      '2027-03-29T00:30:00Z',
      ['2027-03-27', '2027-03-28'],
    ],
    [
      'makes up for a midnight that clocks skipped',
      daily('Asia/Beirut'),
      at('0 0 * * *', 'Asia/Beirut'),
      '2027-03-28T21:00:00Z',
      ['2027-03-27', '2027-03-28'],
    ],
    [
      'makes up for an hour that is left out when clocks are set back',
      hourly('Europe/Berlin'),
      at('0 * * * *', 'Europe/Berlin'),
      '2027-10-31T02:00:00Z',
      ['2027-10-31T02', '2027-10-31T02+01:00'],
    ],
    [
      'makes up for times that two fields of days allow',
      daily('America/New_York'),
      at('30 2 1 * 0', 'America/New_York'),
      '2027-03-21T06:30:00Z',
      ['2027-03-13', '2027-03-20'],
    ],
    [
      'runs nothing before the first is complete',
      daily('UTC', { start: '2027-01-01' }),
      at('0 3 * * *', 'UTC'),
      '2026-12-01T03:00:00Z',
      [],
    ],
    [
      'runs the last when it is complete',
      daily('UTC', { start: '2026-01-01', end: '2026-12-31' }),
      at('0 3 * * *', 'UTC'),
      '2027-01-01T03:00:00Z',
      ['2026-12-31'],
    ],
    [
      'runs nothing for days after the last',
      daily('UTC', { start: '2026-01-01', end: '2026-12-31' }),
      at('0 3 * * *', 'UTC'),
      '2027-01-02T03:00:00Z',
      [],
    ],
    [
      'runs nothing before the first day of two dimensions is complete',
      {
        kind: 'product',
        dimensions: {
          region: { kind: 'static', keys: ['north', 'south'] },
          day: { kind: 'daily', timezone: 'UTC', start: '2027-01-01' },
        },
      },
      at('0 3 * * *', 'UTC'),
      '2026-12-01T03:00:00Z',
      [],
    ],
  ])('%s', (_what, partitions, schedule, time, expected) => {
    expect(partitionsOfFiring(partitions, time, schedule)).toEqual(expected);
  });

  it.each(CHANGES.flatMap((change) => CRONS.map((cron) => ({ ...change, cron }))))(
    'leaves no partition to nobody: $cron in $timezone',
    ({ timezone, day, cron }) => {
      const cut: Partitions = cron.includes('* * * *') ? hourly(timezone) : daily(timezone);
      const clock = cronClock(cron, timezone);
      const run: string[] = [];
      const from = day - DAY;
      for (let time = clock.firedBefore(day + 2 * DAY); time !== undefined && time > from;) {
        run.push(...partitionsOfFiring(cut, new Date(time).toISOString(), at(cron, timezone)));
        time = clock.firedBefore(time);
      }
      // Temporal may fire twice in the hour that clocks show twice, and a partition is run again then.
      const keys = [...new Set(run)].sort((a, b) => starts(cut, a) - starts(cut, b));
      expect(keys.length).toBeGreaterThan(1);
      expect(keys).toEqual(partitionRange(cut, keys[0] ?? '', keys.at(-1) ?? ''));
    },
  );
});

function starts(cut: Partitions, key: string): number {
  return Date.parse(partitionWindow(cut, key).start ?? '');
}
