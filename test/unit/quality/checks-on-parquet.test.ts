import { checkFiles } from '../../../engine/quality/index';
import type { CheckResult } from '../../../schemas/quality-report';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
type CheckInput = Parameters<typeof suiteOf>[0][number];
type Expected = Partial<Pick<CheckResult, 'status' | 'failing' | 'total' | 'observed' | 'message'>>;
interface Case {
  rule: string;
  check: CheckInput;
  expected: Expected;
}

// Ten rows in five row groups; row 3 is null in every column but id.
const ROWS = `
  SELECT id,
    CASE WHEN id <> 3 THEN id::TINYINT END AS tiny,
    CASE WHEN id <> 3 THEN 9007199254740990 + id END AS big,
    CASE WHEN id <> 3 THEN (18446744073709551606 + id)::UBIGINT END AS huge,
    CASE WHEN id = 5 THEN 'NaN'::DOUBLE WHEN id <> 3 THEN id / 2 END AS real,
    CASE WHEN id <> 3 THEN (id / 10)::FLOAT END AS single,
    CASE WHEN id <> 3 THEN (id - 5) * 0.01::DECIMAL(9, 2) END AS price,
    CASE WHEN id <> 3 THEN (id - 5) * 10000000000000000000000::DECIMAL(38, 0) END AS vast,
    CASE WHEN id <> 3 THEN id % 2 = 0 END AS even,
    CASE WHEN id <> 3 THEN 'ä' || (id % 3) END AS word,
    CASE WHEN id <> 3 THEN 'text ' || id || repeat('x', id) END AS text,
    CASE WHEN id <> 3 THEN DATE '2001-06-20' + id::INTEGER END AS day,
    CASE WHEN id <> 3 THEN TIMESTAMP '2001-06-30 14:00:00.000001' + INTERVAL 1 HOUR * id END AS at,
    CASE WHEN id <> 3 THEN (TIMESTAMP '2001-06-30 14:00:00' + INTERVAL 1 HOUR * id)::TIMESTAMP_NS END AS at_ns,
    CASE WHEN id <> 3 THEN (TIMESTAMP '2001-06-30 14:00:00' + INTERVAL 1 HOUR * id)::TIMESTAMP_MS END AS at_ms,
    CASE WHEN id <> 3 THEN TIMESTAMPTZ '2001-06-30 14:00:00+02' + INTERVAL 1 HOUR * id END AS at_zone,
    CASE WHEN id <> 3 THEN ('00000000-0000-0000-0000-00000000000' || id)::UUID END AS uuid,
    [id] AS list
  FROM range(10) AS t(id) ORDER BY id`;

const CASES: Case[] = [
  {
    rule: 'row_count within',
    check: { type: 'row_count', min: 10, max: 10 },
    expected: { status: 'pass', observed: 10, total: 10 },
  },
  {
    rule: 'row_count below min',
    check: { type: 'row_count', min: 11 },
    expected: { status: 'fail', observed: 10, failing: 0 },
  },
  { rule: 'row_count above max', check: { type: 'row_count', max: 9 }, expected: { status: 'fail' } },

  {
    rule: 'not_null counts nulls',
    check: { type: 'not_null', column: 'real' },
    expected: { status: 'fail', failing: 1, total: 10, observed: 0.9 },
  },
  {
    rule: 'not_null reaches mostly exactly',
    check: { type: 'not_null', column: 'text', mostly: 0.9 },
    expected: { status: 'pass', failing: 1 },
  },
  { rule: 'not_null of a list', check: { type: 'not_null', column: 'list' }, expected: { status: 'pass', total: 10 } },

  {
    rule: 'between on small integers',
    check: { type: 'between', column: 'tiny', min: 1, max: 8 },
    expected: { failing: 2, total: 9 },
  },
  {
    rule: 'between on integers with a bound between two',
    check: { type: 'between', column: 'id', min: 0.5, max: 8.5 },
    expected: { failing: 2, total: 10 },
  },
  {
    rule: 'between beyond 2^53, bound as text',
    check: { type: 'between', column: 'big', min: '9007199254740993' },
    expected: { failing: 3, total: 9 },
  },
  {
    rule: 'between beyond 2^53, upper bound',
    check: { type: 'between', column: 'big', max: '9007199254740993' },
    expected: { failing: 6, total: 9 },
  },
  {
    rule: 'between above the signed range',
    check: { type: 'between', column: 'huge', min: '18446744073709551610' },
    expected: { failing: 3, total: 9 },
  },
  {
    rule: 'between on unsigned with a negative bound',
    check: { type: 'between', column: 'huge', min: -1 },
    expected: { failing: 0, total: 9 },
  },
  {
    rule: 'between with bounds beyond the type',
    check: { type: 'between', column: 'big', min: -1e30, max: 1e30 },
    expected: { failing: 0, total: 9 },
  },
  {
    rule: 'between wholly beyond the type',
    check: { type: 'between', column: 'big', min: 1e30 },
    expected: { failing: 9, total: 9 },
  },
  {
    rule: 'between on doubles fails NaN',
    check: { type: 'between', column: 'real', min: 0, max: 100 },
    expected: { failing: 1, total: 9 },
  },
  {
    rule: 'between on floats takes the bound in single precision',
    check: { type: 'between', column: 'single', min: 0.1, max: 0.7 },
    expected: { failing: 3, total: 9 },
  },
  {
    rule: 'between on decimals is exact',
    check: { type: 'between', column: 'price', min: -0.04, max: 0.03 },
    expected: { failing: 2, total: 9 },
  },
  {
    rule: 'between on decimals with a finer bound',
    check: { type: 'between', column: 'price', min: -0.041, max: '0.0399' },
    expected: { failing: 2, total: 9 },
  },
  {
    rule: 'between on wide decimals',
    check: { type: 'between', column: 'vast', min: -1e22, max: '20000000000000000000000' },
    expected: { failing: 5, total: 9 },
  },
  {
    rule: 'between on dates',
    check: { type: 'between', column: 'day', min: '2001-06-21', max: '2001-06-28' },
    expected: { failing: 2, total: 9 },
  },
  {
    rule: 'between on microseconds',
    check: { type: 'between', column: 'at', min: '2001-06-30T15:00:00.000001Z', max: '2001-06-30T23:00:00Z' },
    expected: { failing: 2, total: 9 },
  },
  {
    rule: 'between on nanoseconds',
    check: { type: 'between', column: 'at_ns', min: '2001-06-30T15:00:00.000000001Z' },
    expected: { failing: 2, total: 9 },
  },
  {
    rule: 'between on milliseconds',
    check: { type: 'between', column: 'at_ms', max: '2001-06-30T15:00' },
    expected: { failing: 7, total: 9 },
  },
  {
    rule: 'between on times with a zone',
    check: { type: 'between', column: 'at_zone', min: '2001-06-30T15:00:00+02:00' },
    expected: { failing: 1, total: 9 },
  },

  {
    rule: 'in_set on numbers',
    check: { type: 'in_set', column: 'tiny', set: [0, 1, 2, 300] },
    expected: { failing: 6, total: 9 },
  },
  {
    rule: 'in_set of many numbers',
    check: { type: 'in_set', column: 'tiny', set: [0, 1, 2, 11, 12, 13, 14, 15, 16, 17] },
    expected: { failing: 6, total: 9 },
  },
  {
    rule: 'in_set on doubles fails NaN',
    check: { type: 'in_set', column: 'real', set: [0, 0.5, 1] },
    expected: { failing: 6, total: 9 },
  },
  {
    rule: 'in_set on floats',
    check: { type: 'in_set', column: 'single', set: [0.1, 0.7] },
    expected: { failing: 7, total: 9 },
  },
  {
    rule: 'in_set beyond 2^53',
    check: { type: 'in_set', column: 'big', set: ['9007199254740992', '9007199254740995'] },
    expected: { failing: 7, total: 9 },
  },
  {
    rule: 'in_set of many large integers',
    check: {
      type: 'in_set',
      column: 'big',
      set: Array.from({ length: 20 }, (_, i) => `${9007199254740996n + BigInt(i)}`),
    },
    expected: { failing: 5, total: 9 },
  },
  {
    rule: 'in_set on decimals',
    check: { type: 'in_set', column: 'price', set: [-0.01, 0.02, 0.025] },
    expected: { failing: 7, total: 9 },
  },
  {
    rule: 'in_set on booleans',
    check: { type: 'in_set', column: 'even', set: [true] },
    expected: { failing: 4, total: 9 },
  },
  {
    rule: 'in_set on dictionary texts',
    check: { type: 'in_set', column: 'word', set: ['ä0', 'ä1'] },
    expected: { failing: 3, total: 9 },
  },
  {
    rule: 'in_set on plain texts',
    check: { type: 'in_set', column: 'text', set: ['text 0', 'text 1x', 'text 2'] },
    expected: { failing: 7, total: 9 },
  },
  {
    rule: 'in_set on dates',
    check: { type: 'in_set', column: 'day', set: ['2001-06-20', '2001-06-29'] },
    expected: { failing: 7, total: 9 },
  },

  {
    rule: 'regex on dictionary texts',
    check: { type: 'regex', column: 'word', pattern: '^ä[01]$' },
    expected: { failing: 3, total: 9 },
  },
  {
    rule: 'regex matches anywhere',
    check: { type: 'regex', column: 'text', pattern: 'xx' },
    expected: { failing: 2, total: 9 },
  },

  {
    rule: 'unique holds',
    check: { type: 'unique', columns: ['id'] },
    expected: { status: 'pass', failing: 0, total: 10, observed: 1 },
  },
  {
    rule: 'unique passes over nulls',
    check: { type: 'unique', columns: ['big'] },
    expected: { status: 'pass', total: 9 },
  },
  {
    rule: 'unique counts repetitions',
    check: { type: 'unique', columns: ['word'] },
    expected: { status: 'fail', failing: 6, total: 9 },
  },
  {
    rule: 'unique over two columns',
    check: { type: 'unique', columns: ['word', 'even'] },
    expected: { failing: 3, total: 9 },
  },
  { rule: 'unique on UUIDs', check: { type: 'unique', columns: ['uuid'] }, expected: { status: 'pass', total: 9 } },
  {
    rule: 'unique on decimals',
    check: { type: 'unique', columns: ['vast', 'price'] },
    expected: { status: 'pass', total: 9 },
  },

  {
    rule: 'freshness by microseconds',
    check: { type: 'freshness', column: 'at', maxAgeSeconds: 3600 },
    expected: { status: 'pass', observed: '2001-06-30T23:00:00.000001Z', total: 9 },
  },
  {
    rule: 'freshness a second too old',
    check: { type: 'freshness', column: 'at', maxAgeSeconds: 3599 },
    expected: { status: 'fail', failing: 0 },
  },
  {
    rule: 'freshness by nanoseconds',
    check: { type: 'freshness', column: 'at_ns', maxAgeSeconds: 3600 },
    expected: { status: 'pass', observed: '2001-06-30T23:00:00Z' },
  },
  {
    rule: 'freshness by milliseconds',
    check: { type: 'freshness', column: 'at_ms', maxAgeSeconds: 3599 },
    expected: { status: 'fail' },
  },
  {
    rule: 'freshness with a zone',
    check: { type: 'freshness', column: 'at_zone', maxAgeSeconds: 10800 },
    expected: { status: 'pass', observed: '2001-06-30T21:00:00Z' },
  },
  {
    rule: 'freshness of dates',
    check: { type: 'freshness', column: 'day', maxAgeSeconds: 172800 },
    expected: { status: 'pass', observed: '2001-06-29T00:00:00Z' },
  },
  {
    rule: 'freshness by the clock',
    check: { type: 'freshness', column: 'at', maxAgeSeconds: 3600, reference: 'now' },
    expected: { status: 'fail' },
  },

  {
    rule: 'an unknown column',
    check: { type: 'not_null', column: 'prise' },
    expected: { status: 'error', message: 'there is no column "prise"; did you mean "price"?' },
  },
  {
    rule: 'a range of texts',
    check: { type: 'between', column: 'text', min: 1 },
    expected: { status: 'error', failing: 0 },
  },
  {
    rule: 'a number as bound of times',
    check: { type: 'between', column: 'at', min: 1 },
    expected: { status: 'error' },
  },
  {
    rule: 'a pattern for numbers',
    check: { type: 'regex', column: 'id', pattern: '1' },
    expected: { status: 'error' },
  },
  {
    rule: 'texts in a set for numbers',
    check: { type: 'in_set', column: 'id', set: ['one'] },
    expected: { status: 'error' },
  },
  {
    rule: 'unique lists',
    check: { type: 'unique', columns: ['list'] },
    expected: { status: 'pass', failing: 0, total: 10 },
  },
  {
    rule: 'freshness of numbers',
    check: { type: 'freshness', column: 'id', maxAgeSeconds: 1 },
    expected: { status: 'error' },
  },
];

describe('checks on Parquet files written by DuckDB', () => {
  let results: CheckResult[];
  beforeAll(async () => {
    const file = await folder.write(ROWS, ', ROW_GROUP_SIZE 2');
    const report = await checkFiles({
      files: [file],
      suite: suiteOf(
        CASES.map(({ check }) => check),
        ['id'],
      ),
      window: { key: '2001-06', end: '2001-07-01T00:00:00Z' },
      now: new Date('2001-07-02T00:00:00Z'),
    });
    results = report.checks;
  });

  test.each(CASES.map(({ rule, expected }, i) => ({ rule, expected, i })))('$rule', ({ expected, i }) => {
    expect(results[i]).toMatchObject(expected);
  });

  test.each([
    ['not_null counts nulls', { row: 3, value: null, keys: { id: 3 } }],
    ['between on doubles fails NaN', { row: 5, value: 'NaN', keys: { id: 5 } }],
    ['between beyond 2^53, upper bound', { row: 4, value: '9007199254740994', keys: { id: 4 } }],
    ['between above the signed range', { row: 0, value: '18446744073709551606', keys: { id: 0 } }],
    ['between on decimals is exact', { row: 0, value: '-0.05', keys: { id: 0 } }],
    ['between on dates', { row: 0, value: '2001-06-20', keys: { id: 0 } }],
    ['between on microseconds', { row: 0, value: '2001-06-30T14:00:00.000001Z', keys: { id: 0 } }],
    ['in_set on booleans', { row: 1, value: false, keys: { id: 1 } }],
    ['in_set on dictionary texts', { row: 2, value: 'ä2', keys: { id: 2 } }],
    ['unique over two columns', { row: 6, value: { word: 'ä0', even: true }, keys: { id: 6 } }],
  ])('%s: its first example', (rule, example) => {
    expect(results[CASES.findIndex((one) => one.rule === rule)]!.examples[0]).toEqual(example);
  });

  test('at most five failing rows are shown, all are counted', () => {
    const result = results[CASES.findIndex((one) => one.rule === 'between wholly beyond the type')]!;
    expect(result.examples.map(({ row }) => row)).toEqual([0, 1, 2, 4, 5]);
  });
});
