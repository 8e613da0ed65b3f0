import fc from 'fast-check';
import {
  lastCompletePartition,
  partitionRange,
  partitionsBefore,
  partitionsWithin,
  partitionWindow,
  precedingPartitions,
} from '../../../engine/datasets/index.js';
import { partitionsSchema, type Partitions } from '../../../schemas/index.js';

const days: Partitions = { kind: 'daily', timezone: 'Europe/Berlin' };
const hours: Partitions = { kind: 'hourly', timezone: 'Europe/Berlin' };
const weeks: Partitions = { kind: 'weekly', timezone: 'Europe/Berlin' };
const months: Partitions = { kind: 'monthly', timezone: 'Europe/Berlin' };
const regions: Partitions = { kind: 'static', keys: ['north', 'south'] };
const cells: Partitions = {
  kind: 'product',
  dimensions: { day: { kind: 'daily', timezone: 'Europe/Berlin' }, region: regions },
};
const whole: Partitions = { kind: 'none' };

describe('partitions of two dimensions', () => {
  it('have the window of their time, and keys of both parts', () => {
    expect(partitionWindow(cells, '2001-03-25|north')).toEqual({
      key: '2001-03-25|north',
      start: '2001-03-24T23:00:00.000Z',
      end: '2001-03-25T22:00:00.000Z',
    });
    expect(() => partitionWindow(cells, '2001-03-25|east')).toThrow('the keys are north, south');
    expect(() => partitionWindow(cells, '2001-03-25')).toThrow('of the form day|region');
    expect(() => partitionWindow(cells, '2001-02-30|north')).toThrow('not a day');
    expect(() => lastCompletePartition(cells, '2001-03-25T00:00:00Z')).toThrow('must be named');
  });

  it('go back in time and stay in their region', () => {
    expect(precedingPartitions(cells, '2001-03-01|south', 2)).toEqual(['2001-02-27|south', '2001-02-28|south']);
  });

  it('range over both dimensions, or over all regions of some days', () => {
    const all = ['2001-03-01|north', '2001-03-01|south', '2001-03-02|north', '2001-03-02|south'];
    expect(partitionRange(cells, '2001-03-01|north', '2001-03-02|south')).toEqual(all);
    expect(partitionRange(cells, '2001-03-01', '2001-03-02')).toEqual(all);
    expect(partitionRange(cells, '2001-03-01|south', '2001-03-02|south')).toEqual([all[1], all[3]]);
  });

  it('are refused when they are not two, have two times, or keys that could not be told apart', () => {
    const cut = (dimensions: object) =>
      partitionsSchema.safeParse({ kind: 'product', dimensions }).error?.issues[0]?.message;
    expect(cut({ region: regions })).toBe('must be two dimensions');
    expect(cut({ day: days, week: weeks })).toBe('at most one dimension may be of time');
    expect(cut({ day: days, region: { kind: 'static', keys: ['a|b'] } })).toContain('must not have "|" in it');
  });
});

describe('partitionsWithin', () => {
  it.each<[string, Partitions, Partitions, string, string[]]>([
    ['of the same cut is the partition itself', days, days, '2001-03-25', ['2001-03-25']],
    [
      'rolls days up to their week',
      days,
      weeks,
      '2001-W12',
      ['2001-03-19', '2001-03-20', '2001-03-21', '2001-03-22', '2001-03-23', '2001-03-24', '2001-03-25'],
    ],
    ['gives an hour its day', days, hours, '2001-03-25T05', ['2001-03-25']],
    ['gives a day the week that it lies in', weeks, days, '2001-03-25', ['2001-W12']],
    [
      'gives a month every week that has a day in it',
      weeks,
      months,
      '2001-04',
      ['2001-W13', '2001-W14', '2001-W15', '2001-W16', '2001-W17', '2001-W18'],
    ],
    ['takes all regions of a day', cells, days, '2001-03-25', ['2001-03-25|north', '2001-03-25|south']],
    ['takes the day of a region', days, cells, '2001-03-25|south', ['2001-03-25']],
    ['takes the same region of the same day', cells, cells, '2001-03-25|south', ['2001-03-25|south']],
    ['takes the region of a day', regions, cells, '2001-03-25|south', ['south']],
    ['takes every key where there is nothing in common', regions, whole, 'all', ['north', 'south']],
    ['takes the whole of what is not cut', whole, days, '2001-03-25', ['all']],
  ])('%s', (_, upstream, downstream, key, expected) => {
    expect(partitionsWithin(upstream, downstream, key)).toEqual(expected);
  });

  it('has as many hours as the day has: 23 and 25 when clocks change', () => {
    const count = (day: string) => partitionsWithin(hours, days, day).length;
    expect([count('2001-03-24'), count('2001-03-25'), count('2001-10-28')]).toEqual([24, 23, 25]);
  });

  it('crosses time zones by instants', () => {
    const utc: Partitions = { kind: 'daily', timezone: 'UTC' };
    expect(partitionsWithin(utc, days, '2001-01-02')).toEqual(['2001-01-01', '2001-01-02']);
    expect(partitionsWithin(utc, { kind: 'weekly', timezone: 'America/New_York' }, '2001-W02')).toHaveLength(8);
    const india: Partitions = { kind: 'daily', timezone: 'Asia/Kolkata' };
    expect(partitionsWithin({ kind: 'hourly', timezone: 'UTC' }, india, '2001-01-02')).toHaveLength(25);
  });

  it('leaves out no moment, and is the same both ways, for any two cuts in any zones', () => {
    const zones = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Lord_Howe');
    const kinds = fc.constantFrom('hourly' as const, 'daily' as const, 'weekly' as const, 'monthly' as const);
    const cuts = fc.record({ kind: kinds, timezone: zones });
    const instants = fc.integer({ min: Date.parse('2001-01-01'), max: Date.parse('2003-01-01') });
    fc.assert(
      fc.property(cuts, cuts, instants, (upstream, downstream, instant) => {
        const key = lastCompletePartition(downstream, new Date(instant).toISOString());
        const { start = '', end = '' } = partitionWindow(downstream, key);
        const within = partitionsWithin(upstream, downstream, key);
        const windows = within.map((own) => partitionWindow(upstream, own));
        expect((windows[0]?.start ?? '') <= start && (windows.at(-1)?.end ?? '') >= end).toBe(true);
        for (const own of [within[0], within.at(-1)]) {
          expect(partitionsWithin(downstream, upstream, own ?? '')).toContain(key);
        }
        const [before = ''] = partitionsBefore(upstream, downstream, key, 1);
        expect((partitionWindow(upstream, before).end ?? '') <= start).toBe(true);
      }),
    );
  });

  it('refuses a key of the reader that is none, and a time that cannot be told', () => {
    expect(() => partitionsWithin(days, weeks, '2001-W60')).toThrow('not a week');
    expect(() => partitionsWithin(days, regions, 'north')).toThrow('cut by time');
  });
});

describe('partitionsBefore', () => {
  it('gives the last partitions that had ended when the reader’s begins', () => {
    expect(partitionsBefore(days, weeks, '2001-W12', 2)).toEqual(['2001-03-17', '2001-03-18']);
    expect(partitionsBefore(days, hours, '2001-03-25T05', 2)).toEqual(['2001-03-23', '2001-03-24']);
    expect(partitionsBefore(weeks, days, '2001-03-25', 1)).toEqual(['2001-W11']);
    expect(partitionsBefore(days, regions, 'north', 2)).toEqual([]);
  });
});
