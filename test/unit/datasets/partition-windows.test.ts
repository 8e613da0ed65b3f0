import fc from 'fast-check';
import {
  calendarDates,
  lastCompletePartition,
  partitionRange,
  partitionWindow,
  precedingPartitions,
} from '../../../engine/datasets/index.js';
import { isMillraceError, type Partitions } from '../../../schemas/index.js';

const HOUR = 3_600_000;

/** Zones with every oddity: halves of hours, changes at and around midnight, over the date line, in both hemispheres. */
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'America/Sao_Paulo',
  'America/Havana',
  'Australia/Lord_Howe',
  'Asia/Kolkata',
  'Asia/Beirut',
  'Africa/Casablanca',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Antarctica/Troll',
];

const KINDS = ['hourly', 'daily', 'weekly', 'monthly'] as const;

type TimePartitions = Extract<Partitions, { kind: 'hourly' | 'daily' | 'weekly' | 'monthly' }>;

const partitions = fc
  .record({ kind: fc.constantFrom(...KINDS), timezone: fc.constantFrom(...ZONES) })
  .map((value): TimePartitions => value);
const instant = fc.date({
  min: new Date('1985-01-01T00:00:00Z'),
  max: new Date('2035-01-01T00:00:00Z'),
  noInvalidDate: true,
});

/** Time in which surely another partition ends. */
const LONGEST = { hourly: 2 * HOUR, daily: 50 * HOUR, weekly: 9 * 24 * HOUR, monthly: 33 * 24 * HOUR };

/** Key of the partition that contains an instant: it comes after the last that is complete. */
function keyAt(cut: TimePartitions, at: Date): string {
  const complete = lastCompletePartition(cut, at);
  const later = lastCompletePartition(cut, new Date(at.getTime() + LONGEST[cut.kind]));
  const found = partitionRange(cut, complete, later).find((key) => {
    const { start = '', end = '' } = partitionWindow(cut, key);
    return Date.parse(start) <= at.getTime() && at.getTime() < Date.parse(end);
  });
  if (found === undefined) throw new Error(`${at.toISOString()} is in no partition`);
  return found;
}

/** Days of a year on which the offset changes, as the JavaScript engine's own calendar tells them. */
function clockChanges(timeZone: string, year: number): number[] {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  const offsetAt = (at: number) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value;
  const days = Array.from({ length: 366 }, (_, day) => Date.UTC(year, 0, day));
  return days.filter((day) => offsetAt(day) !== offsetAt(day + 24 * HOUR));
}

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMillraceError(error) && error.code === 'PARTITION_INVALID') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

const daily: Partitions = { kind: 'daily', timezone: 'UTC', start: '2001-01-01', end: '2001-06-30' };
const hourlyIn = (timezone: string): Partitions => ({ kind: 'hourly', timezone });
const dailyIn = (timezone: string): Partitions => ({ kind: 'daily', timezone });

describe('partition windows', () => {
  it.each<[Partitions, string, string, string]>([
    [hourlyIn('UTC'), '2001-03-01T05', '2001-03-01T05:00:00.000Z', '2001-03-01T06:00:00.000Z'],
    [daily, '2001-03-01', '2001-03-01T00:00:00.000Z', '2001-03-02T00:00:00.000Z'],
    [dailyIn('Europe/Berlin'), '2001-03-25', '2001-03-24T23:00:00.000Z', '2001-03-25T22:00:00.000Z'],
    [dailyIn('Europe/Berlin'), '2001-10-28', '2001-10-27T22:00:00.000Z', '2001-10-28T23:00:00.000Z'],
    [dailyIn('America/Sao_Paulo'), '2001-10-14', '2001-10-14T03:00:00.000Z', '2001-10-15T02:00:00.000Z'],
    [{ kind: 'weekly', timezone: 'UTC' }, '2001-W09', '2001-02-26T00:00:00.000Z', '2001-03-05T00:00:00.000Z'],
    [{ kind: 'weekly', timezone: 'UTC' }, '2020-W53', '2020-12-28T00:00:00.000Z', '2021-01-04T00:00:00.000Z'],
    [{ kind: 'monthly', timezone: 'UTC' }, '2000-02', '2000-02-01T00:00:00.000Z', '2000-03-01T00:00:00.000Z'],
    [hourlyIn('Asia/Kolkata'), '2001-03-01T05', '2001-02-28T23:30:00.000Z', '2001-03-01T00:30:00.000Z'],
  ])('cut %j so that %s is from %s to %s', (cut, key, start, end) => {
    expect(partitionWindow(cut, key)).toEqual({ key, start, end });
  });

  it('give an hour that clocks show twice two keys, and one that they skip none', () => {
    expect(partitionRange(hourlyIn('Europe/Berlin'), '2001-10-28T01', '2001-10-28T03')).toEqual([
      '2001-10-28T01',
      '2001-10-28T02',
      '2001-10-28T02+01:00',
      '2001-10-28T03',
    ]);
    expect(partitionRange(hourlyIn('Europe/Berlin'), '2001-03-25T01', '2001-03-25T03')).toEqual([
      '2001-03-25T01',
      '2001-03-25T03',
    ]);
    expect(partitionWindow(hourlyIn('Australia/Lord_Howe'), '2001-03-25T01+10:30')).toMatchObject({
      start: '2001-03-24T15:00:00.000Z',
      end: '2001-03-24T15:30:00.000Z',
    });
  });

  it.each<[Partitions, string, string]>([
    [daily, '2001-02-30', '"2001-02-30" is not a day of the calendar'],
    [daily, '2001-3-1', 'expected a key of the form 2001-03-01, from 2001-01-01 to 2001-06-30, in UTC'],
    [daily, '2000-12-31', 'comes before the first'],
    [daily, '2001-07-01', 'comes after the last'],
    [daily, '2001-03-01T05', 'is not of that form'],
    [{ kind: 'weekly', timezone: 'UTC' }, '2001-W53', 'is not a week of the calendar'],
    [{ kind: 'monthly', timezone: 'UTC' }, '2001-13', 'is not a month of the calendar'],
    [hourlyIn('UTC'), '2001-03-01T24', 'is not an hour of the calendar'],
    [hourlyIn('Europe/Berlin'), '2001-03-25T02', 'is an hour that the time zone skips'],
    [hourlyIn('Europe/Berlin'), '2001-10-28T02+02:00', 'written: 2001-10-28T02, then 2001-10-28T02+01:00'],
    [dailyIn('Pacific/Apia'), '2011-12-30', 'is a day that the time zone skips'],
    [dailyIn('Mars/Olympus'), '2001-03-01', '"Mars/Olympus" is not a time zone'],
    [{ ...daily, start: '2001-02-29' }, '2001-03-01', 'start of the partitions "2001-02-29" is not a day'],
    [{ kind: 'static', keys: ['north', 'south'] }, 'east', 'the keys are north, south'],
    [{ kind: 'none' }, '2001-03-01', 'the only key is all'],
  ])('of %j refuse %s', (cut, key, message) => {
    expect(messageOf(() => partitionWindow(cut, key))).toContain(message);
  });

  it('have no bounds where keys are not times', () => {
    expect(partitionWindow({ kind: 'static', keys: ['north'] }, 'north')).toEqual({ key: 'north' });
    expect(partitionWindow({ kind: 'none' }, 'all')).toEqual({ key: 'all' });
  });

  it('tile time: each begins where the one before ends', () => {
    fc.assert(
      fc.property(partitions, instant, (cut, at) => {
        const keys = precedingPartitions(cut, keyAt(cut, at), 30);
        expect(keys).toHaveLength(30);
        const windows = keys.map((key) => partitionWindow(cut, key));
        windows.slice(1).forEach((window, index) => expect(window.start).toBe(windows[index]?.end));
        expect(windows.every(({ start = '', end = '' }) => start < end)).toBe(true);
        expect(new Set(keys).size).toBe(30);
      }),
      { numRuns: 150 },
    );
  });

  it('contain the instants that lead to their keys, and lead back to them', () => {
    fc.assert(
      fc.property(partitions, instant, (cut, at) => {
        const key = keyAt(cut, at);
        const { start = '', end = '' } = partitionWindow(cut, key);
        expect(lastCompletePartition(cut, end)).toBe(key);
        expect(lastCompletePartition(cut, new Date(Date.parse(end) - 1))).not.toBe(key);
        expect(keyAt(cut, new Date(start))).toBe(key);
        expect(keyAt(cut, new Date(Date.parse(end) - 1))).toBe(key);
      }),
      { numRuns: 150 },
    );
  });

  it('sort as their keys do, also in the hour that clocks show twice', () => {
    fc.assert(
      fc.property(partitions, instant, (cut, at) => {
        const keys = precedingPartitions(cut, keyAt(cut, at), 30);
        expect([...keys].sort()).toEqual(keys);
      }),
      { numRuns: 100 },
    );
  });

  it.each(ZONES)('tile the hours around each change of clocks in %s', (timezone) => {
    const cut: TimePartitions = { kind: 'hourly', timezone };
    for (const from of clockChanges(timezone, timezone === 'Pacific/Apia' ? 2011 : 2001)) {
      const last = lastCompletePartition(cut, new Date(from + 28 * HOUR));
      const windows = precedingPartitions(cut, last, 30).map((key) => partitionWindow(cut, key));
      windows.slice(1).forEach((window, index) => expect(window.start).toBe(windows[index]?.end));
      expect(new Set(windows.map(({ key }) => key)).size).toBe(30);
    }
  });

  it('of a year of days sum up to the year, in every zone', () => {
    for (const timezone of ZONES) {
      const days = partitionRange(dailyIn(timezone), '2001-01-01', '2001-12-31');
      expect(days).toHaveLength(365);
    }
  });
});

describe('lastCompletePartition', () => {
  it.each<[Partitions, string, string]>([
    [daily, '2001-03-02T00:00:00Z', '2001-03-01'],
    [daily, '2001-03-01T23:59:59.999Z', '2001-02-28'],
    [daily, '2026-01-01T00:00:00Z', '2001-06-30'],
    [dailyIn('America/New_York'), '2001-03-02T02:00:00+01:00', '2001-02-28'],
    [{ kind: 'weekly', timezone: 'UTC' }, '2001-03-05T00:00:00Z', '2001-W09'],
    [{ kind: 'static', keys: ['north'] }, '2001-03-05T00:00:00Z', 'north'],
    [{ kind: 'none' }, '2001-03-05T00:00:00Z', 'all'],
  ])('of %j at %s is %s', (cut, at, key) => {
    expect(lastCompletePartition(cut, at)).toBe(key);
  });

  it('is none before the first has ended, and left open by static keys', () => {
    expect(messageOf(() => lastCompletePartition(daily, '2001-01-01T12:00:00Z'))).toContain('no partition is complete');
    expect(messageOf(() => lastCompletePartition({ kind: 'static', keys: ['a', 'b'] }, '2001-01-01T12:00:00Z'))).toBe(
      'a partition must be named, one of a, b',
    );
  });
});

describe('precedingPartitions', () => {
  it('ends right before the key and begins no earlier than the partitions do', () => {
    expect(precedingPartitions(daily, '2001-03-01', 2)).toEqual(['2001-02-27', '2001-02-28']);
    expect(precedingPartitions(daily, '2001-01-03', 28)).toEqual(['2001-01-01', '2001-01-02']);
    expect(precedingPartitions(daily, '2001-01-01', 28)).toEqual([]);
    expect(precedingPartitions({ kind: 'static', keys: ['a', 'b'] }, 'b', 3)).toEqual([]);
  });
});

describe('partitionRange', () => {
  it('includes both ends and refuses to run backwards', () => {
    expect(partitionRange(daily, '2001-02-27', '2001-03-01')).toEqual(['2001-02-27', '2001-02-28', '2001-03-01']);
    expect(partitionRange({ kind: 'static', keys: ['a', 'b', 'c'] }, 'b', 'c')).toEqual(['b', 'c']);
    expect(partitionRange({ kind: 'none' }, 'all', 'all')).toEqual(['all']);
    expect(messageOf(() => partitionRange(daily, '2001-03-01', '2001-02-27'))).toContain('ends before it begins');
    expect(messageOf(() => partitionRange({ kind: 'static', keys: ['a', 'b'] }, 'b', 'a'))).toContain('ends before');
  });
});

describe('calendarDates', () => {
  it.each([
    ['2001-03-01', { first: '2001-03-01', after: '2001-03-02' }],
    ['2001-W09', { first: '2001-02-26', after: '2001-03-05' }],
    ['2001-02', { first: '2001-02-01', after: '2001-03-01' }],
    ['2001-03-01T05', undefined],
    ['all', undefined],
  ])('of %s are %j', (key, dates) => {
    expect(calendarDates(key)).toEqual(dates);
  });
});
