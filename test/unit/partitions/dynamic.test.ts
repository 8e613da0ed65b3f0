import fc from 'fast-check';
import {
  boundsProblems,
  dynamicParts,
  dynamicSets,
  neededKeys,
  partitionRange,
  partitionsWithin,
  partitionWindow,
  withKeys,
  withOwnKey,
} from '../../../engine/datasets/index.js';
import { expectedPartitions } from '../../../engine/lineage/expected-partitions.js';
import { backfillKeys, closedPartitions, MOST_CLOSED, partitionsAt } from '../../../engine/pipelines/index.js';
import { partitionKeyProblem, partitionsSchema, type DeclaredPartitions } from '../../../schemas/index.js';

const customers: DeclaredPartitions = { kind: 'dynamic', set: 'customers' };
const cells: DeclaredPartitions = partitionsSchema.parse({
  kind: 'product',
  dimensions: { day: { kind: 'daily' }, customer: { kind: 'dynamic', set: 'customers' } },
});
const days: DeclaredPartitions = { kind: 'daily', timezone: 'UTC' };
const of = (keys: string[]) => new Map([['customers', keys]]);

function errorOf(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('a dynamic set', () => {
  it('behaves as a static set of the keys that it has', () => {
    const key = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => partitionKeyProblem(text) === undefined);
    fc.assert(
      fc.property(fc.uniqueArray(key, { minLength: 1, maxLength: 8 }), (keys) => {
        const known = withKeys(customers, of(keys));
        const fixed = { kind: 'static' as const, keys };
        expect(closedPartitions(known, '2001-03-02T00:00:00Z')).toEqual(keys);
        expect(partitionRange(known, keys[0]!, keys.at(-1)!)).toEqual(partitionRange(fixed, keys[0]!, keys.at(-1)!));
        expect(expectedPartitions(customers, undefined, new Date(), of(keys))).toEqual(keys);
        for (const one of keys) {
          expect(partitionWindow(known, one)).toEqual({ key: one });
          expect(withOwnKey(customers, one)).toEqual({ kind: 'static', keys: [one], set: 'customers' });
          expect(partitionsWithin(withKeys(cells, of(keys)), withKeys(days), '2001-03-01')).toEqual(
            keys.map((other) => `2001-03-01|${other}`),
          );
        }
      }),
    );
  });

  it('refuses a key that it does not have, with the one that was meant', () => {
    const known = withKeys(customers, of(['acme', 'globex']));
    expect(errorOf(() => partitionWindow(known, 'acmee'))).toMatchObject({
      code: 'PARTITION_UNKNOWN',
      message: expect.stringMatching(/"acmee" is not in the set customers, which has 2 keys.*"acme"/),
      remedy: expect.stringContaining('millrace partitions add SET KEY'),
    });
    expect(errorOf(() => partitionWindow(withKeys(cells, of([])), '2001-03-01|acme'))).toMatchObject({
      code: 'PARTITION_UNKNOWN',
      message: expect.stringContaining('which is empty'),
    });
  });

  it('is asked for one key alone where one is named', async () => {
    const asked: string[] = [];
    const sets = {
      all: async (set: string) => [...asked, set],
      keys: async () => ({ set: 'customers', total: 3, changedAt: null, pipelines: [], keys: [], next: null }),
      known: async (set: string, keys: readonly string[]) => {
        asked.push(`${set} ${keys.join()}`);
        return { known: keys.filter((key) => key === 'acme'), total: 3 };
      },
    };
    expect(await partitionsAt(sets, cells, '2001-03-01|acme')).toEqual(withOwnKey(cells, '2001-03-01|acme'));
    await expect(partitionsAt(sets, cells, '2001-03-01|other')).rejects.toMatchObject({ code: 'PARTITION_UNKNOWN' });
    expect(asked).toEqual(['customers acme', 'customers other']);
  });

  it('is found in the parts of a key', () => {
    expect(dynamicSets(cells)).toEqual(['customers']);
    expect(dynamicSets(days)).toEqual([]);
    expect(dynamicParts(cells, '2001-03-01|acme')).toEqual([{ set: 'customers', key: 'acme' }]);
    expect(dynamicParts(cells, '2001-03-01')).toEqual([]);
    expect(dynamicParts(days, '2001-03-01')).toEqual([]);
  });

  it.each<[string, DeclaredPartitions, DeclaredPartitions, string, ReturnType<typeof neededKeys>]>([
    ['the same set needs the own key', customers, customers, 'acme', [{ set: 'customers', key: 'acme', own: true }]],
    [
      'another set has to have it',
      customers,
      { kind: 'dynamic', set: 'clients' },
      'acme',
      [{ set: 'customers', key: 'acme', own: false }],
    ],
    [
      'a static set likewise',
      customers,
      { kind: 'static', keys: ['acme'] },
      'acme',
      [{ set: 'customers', key: 'acme', own: false }],
    ],
    ['a day reads all', cells, days, '2001-03-01', [{ set: 'customers', key: null, own: false }]],
    ['a cell reads its own', cells, cells, '2001-03-01|acme', [{ set: 'customers', key: 'acme', own: true }]],
    ['a cell reads its customer', customers, cells, '2001-03-01|acme', [{ set: 'customers', key: 'acme', own: true }]],
    ['nothing dynamic, nothing needed', days, cells, '2001-03-01|acme', []],
  ])('%s', (_, upstream, downstream, key, needed) => {
    expect(neededKeys(upstream, downstream, key)).toEqual(needed);
  });

  it('is no firing of thousands of runs', () => {
    const many = Array.from({ length: MOST_CLOSED + 1 }, (_, index) => `c${index}`);
    expect(closedPartitions(withKeys(customers, of(many.slice(1))), '2001-03-02T00:00:00Z')).toHaveLength(MOST_CLOSED);
    expect(errorOf(() => closedPartitions(withKeys(cells, of(many)), '2001-03-02T00:00:00Z'))).toMatchObject({
      code: 'PARTITION_INVALID',
      message: expect.stringContaining('2001 partitions would be run at once'),
    });
  });
});

describe('keys of a backfill', () => {
  const known = withKeys(customers, of(['b', 'a', 'c']));

  it('are all of a set in its order, those that are named, or those of a range', () => {
    expect(backfillKeys(known, {}, 10)).toEqual(['b', 'a', 'c']);
    expect(backfillKeys(known, { keys: ['c', 'b', 'c'] }, 10)).toEqual(['c', 'b']);
    expect(backfillKeys(known, { from: 'b', to: 'a' }, 10)).toEqual(['b', 'a']);
    expect(backfillKeys(withKeys(cells, of(['b', 'a'])), { from: '2001-03-01', to: '2001-03-02' }, 10)).toEqual([
      '2001-03-01|b',
      '2001-03-01|a',
      '2001-03-02|b',
      '2001-03-02|a',
    ]);
    expect(backfillKeys(withKeys(days), { keys: ['2001-03-05', '2001-03-01'] }, 10)).toEqual([
      '2001-03-01',
      '2001-03-05',
    ]);
    expect(backfillKeys(withKeys(customers), {}, 10)).toEqual([]);
  });

  it('are refused by path, and where a range is needed', () => {
    expect(errorOf(() => backfillKeys(known, { keys: ['a', 'x', 'y'] }, 10))).toMatchObject({
      code: 'PARTITION_UNKNOWN',
      problems: [{ path: 'keys[1]' }, { path: 'keys[2]' }],
    });
    expect(errorOf(() => backfillKeys(withKeys(days), {}, 10))).toMatchObject({
      code: 'INPUT_INVALID',
      problems: [{ path: 'from' }, { path: 'to' }],
    });
  });

  it.each([
    ['2001-03-32', '2001-03-05', ['from']],
    ['2001-03-01', 'soon', ['to']],
    ['never', 'soon', ['from', 'to']],
    ['2001-03-05', '2001-03-01', ['to']],
    ['2001-03-01', '2001-04-01', ['to']],
  ])('of the range from %s to %s are refused by the end that is wrong', (from, to, paths) => {
    expect(errorOf(() => backfillKeys(withKeys(days), { from, to }, 10))).toMatchObject({
      problems: paths.map((path) => ({ path })),
    });
  });
});

describe('unusual partitions of time', () => {
  it.each<[string, object, string[]]>([
    ['good bounds', { kind: 'daily', start: '2001-03-01', end: '2001-03-01' }, []],
    ['an end before the start', { kind: 'daily', start: '2001-03-02', end: '2001-03-01' }, ['end']],
    ['bounds of another form', { kind: 'weekly', start: '2001-03-01', end: '2001-W60' }, ['start', 'end']],
    ['a start that cron does not have', { kind: 'cron', cron: '30 6 * * *', start: '2001-03-01T06:00' }, ['start']],
    ['a day that Samoa left out', { kind: 'daily', timezone: 'Pacific/Apia', start: '2011-12-30' }, ['start']],
    [
      'bounds of a dimension',
      { kind: 'product', dimensions: { day: { kind: 'daily', end: 'never' }, who: { kind: 'dynamic', set: 'w' } } },
      ['dimensions.day.end'],
    ],
  ])('%s', (_, partitions, paths) => {
    expect(boundsProblems(partitionsSchema.parse(partitions)).map(({ path }) => path)).toEqual(paths);
  });

  it.each([
    ['hours of a half-hour zone', 'hourly', 'Asia/Kolkata', '2001-03-01T05', '2001-02-28T23:30:00.000Z', 60],
    ['hours of a quarter-hour zone', 'hourly', 'Asia/Kathmandu', '2001-03-01T05', '2001-02-28T23:15:00.000Z', 60],
    [
      'a day half an hour longer',
      'daily',
      'Australia/Lord_Howe',
      '2001-03-25',
      '2001-03-24T13:00:00.000Z',
      24 * 60 + 30,
    ],
    [
      'a day half an hour shorter',
      'daily',
      'Australia/Lord_Howe',
      '2001-10-28',
      '2001-10-27T13:30:00.000Z',
      24 * 60 - 30,
    ],
    ['a week that lacks a day', 'weekly', 'Pacific/Apia', '2011-W52', '2011-12-26T10:00:00.000Z', 6 * 24 * 60],
  ])('%s', (_, kind, timezone, key, start, minutes) => {
    const window = partitionWindow(withKeys(partitionsSchema.parse({ kind, timezone })), key);
    expect(window.start).toBe(start);
    expect((Date.parse(window.end ?? '') - Date.parse(start)) / 60_000).toBe(minutes);
  });

  it('go on over a day that is left out', () => {
    const apia = withKeys(partitionsSchema.parse({ kind: 'daily', timezone: 'Pacific/Apia' }));
    expect(partitionRange(apia, '2011-12-29', '2011-12-31')).toEqual(['2011-12-29', '2011-12-31']);
  });
});
