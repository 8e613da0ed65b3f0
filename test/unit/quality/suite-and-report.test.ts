import { Int32, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { ByteSet } from '../../../engine/quality/byte-set';
import { KeyMemory } from '../../../engine/quality/key-limits';
import { columnKind } from '../../../engine/quality/arrow-kind';
import { emptyChunk } from '../../../engine/quality/column-chunk';
import { renderReportMarkdown, summarizeFailures, validateSuite } from '../../../engine/quality/index';
import { Unique } from '../../../engine/quality/kernels/unique';
import { mergeStates } from '../../../engine/quality/merge-states';
import { verdictOf } from '../../../engine/quality/verdict';
import { checkNames } from '../../../engine/quality/validate-suite';
import type { CheckResult, QualityReport } from '../../../schemas/quality-report';
import { resultsOn, suiteOf } from './quality-fixtures';

type CheckInput = Parameters<typeof suiteOf>[0][number];

describe('validateSuite', () => {
  test.each<[string, CheckInput, string[]]>([
    ['a range that is empty', { type: 'between', column: 'a', min: 2, max: 1 }, ['checks[0].max']],
    ['a range of one value', { type: 'between', column: 'a', min: 1, max: 1 }, []],
    [
      'bounds that differ beyond 2^53',
      { type: 'between', column: 'a', min: '9007199254740993', max: '9007199254740992' },
      ['checks[0].max'],
    ],
    [
      'times in the wrong order',
      { type: 'between', column: 'a', min: '2001-02-01', max: '2001-01-01T00:00:00Z' },
      ['checks[0].max'],
    ],
    ['a time and a number', { type: 'between', column: 'a', min: '2001-02-01', max: 5 }, ['checks[0].max']],
    ['a bound that is neither', { type: 'between', column: 'a', min: 'low' }, ['checks[0].min']],
    ['a day that is not in the calendar', { type: 'between', column: 'a', min: '2001-13-01' }, ['checks[0].min']],
    ['no bound at all', { type: 'between', column: 'a' }, ['checks[0].min']],
    ['an empty range of rows', { type: 'row_count', min: 2, max: 1 }, ['checks[0].max']],
    ['a pattern that does not parse', { type: 'regex', column: 'a', pattern: 'a(b' }, ['checks[0].pattern']],
    ['a back reference, which RE2 lacks', { type: 'regex', column: 'a', pattern: '(a)\\1' }, ['checks[0].pattern']],
    ['a column named twice', { type: 'unique', columns: ['a', 'b', 'a'] }, ['checks[0].columns']],
  ])('%s', (_, check, paths) => {
    expect(validateSuite(suiteOf([check])).map(({ path }) => path)).toEqual(paths);
  });

  test('names are unique where they are given, and made so where they are not', () => {
    const named: CheckInput = { type: 'not_null', column: 'a', name: 'present' };
    expect(validateSuite(suiteOf([named, named]))).toEqual([{ path: 'checks[1].name', message: expect.any(String) }]);
    const unnamed: CheckInput = { type: 'between', column: 'a', min: 1 };
    expect(checkNames(suiteOf([unnamed, unnamed, { type: 'row_count', min: 1 }, named]))).toEqual([
      'between(a)',
      'between(a) #2',
      'row_count',
      'present',
    ]);
  });
});

describe('statuses and verdicts', () => {
  const table = new Table({ a: vectorFromArray([1, 2, null], new Int32()) });
  const failing = (severity: CheckResult['severity']): CheckInput => ({ type: 'not_null', column: 'a', severity });
  const unable: CheckInput = { type: 'not_null', column: 'missing', severity: 'info' };

  test.each<[CheckInput[], CheckResult['status'][], QualityReport['verdict']]>([
    [[{ type: 'row_count', min: 1 }], ['pass'], 'pass'],
    [[failing('info')], ['warn'], 'pass'],
    [[failing('info'), failing('warn')], ['warn', 'warn'], 'warn'],
    [[failing('warn'), failing('error')], ['warn', 'fail'], 'fail'],
    [[failing('block')], ['fail'], 'fail'],
    [[failing('block'), unable], ['fail', 'error'], 'error'],
  ])('%j', (checks, statuses, verdict) => {
    const results = resultsOn(suiteOf(checks), table);
    expect(results.map(({ status }) => status)).toEqual(statuses);
    expect(verdictOf(results)).toBe(verdict);
  });
});

describe('unique within a budget of memory', () => {
  const batch = { rows: 5000, example: () => ({ row: 0 }) };

  function keysOf(prefix: string, budget: number) {
    const texts = Array.from({ length: 5000 }, (_, i) => `${prefix} ${i}`);
    const { values, valueOffsets } = vectorFromArray(texts, new Utf8()).data[0]!;
    const chunk = { ...emptyChunk('text'), length: 5000, bytes: values, offsets: valueOffsets };
    const context = { memory: new KeyMemory(budget), keyShare: { index: 0, of: 1 } };
    const kernel = new Unique(['a'], [columnKind(new Utf8())], 'pass', context);
    kernel.update({ ...batch, column: () => chunk });
    return kernel.state();
  }

  test('answers error rather than a wrong count when the keys do not fit', () => {
    const [none, keys, others] = [keysOf('key', 1 << 14), keysOf('key', 1 << 20), keysOf('other', 1 << 20)];
    expect([none.kind, keys.kind, others.kind]).toEqual(['error', 'keys', 'keys']);
    expect(mergeStates(keys, others, 1 << 14).kind).toBe('error');
    const both = mergeStates(keys, others, 1 << 20);
    expect(both.kind === 'keys' && both.keys.offsets.length).toBe(10_001);
  });

  test('a byte set numbers keys in the order of their arrival through its growth', () => {
    const set = new ByteSet();
    const key = (i: number) => Buffer.from(`key ${i}`);
    for (let i = 0; i < 5000; i++) expect(set.add(key(i), 0, key(i).length)).toBe(i);
    for (let i = 0; i < 5000; i++) expect(set.add(key(i), 0, key(i).length)).toBe(i);
    expect([set.size, set.find(Buffer.from('key x'), 0, 5)]).toEqual([5000, -1]);
  });
});

describe('reports for people', () => {
  const table = new Table({
    a: vectorFromArray([1, 2, null, 7], new Int32()),
    's|t': vectorFromArray(['x', 'y\nz', 'x', 'x'], new Utf8()),
  });
  const checks = resultsOn(
    suiteOf([
      { type: 'row_count', min: 5 },
      { type: 'between', column: 'a', max: 5, mostly: 0.9 },
      { type: 'regex', column: 's|t', pattern: '^(x|z)$' },
      { type: 'not_null', column: 's|t' },
      { type: 'not_null', column: 'sum' },
    ]),
    table,
  );
  const report: QualityReport = { verdict: verdictOf(checks), rows: 4, durationMs: 12.3, checks };

  test('a Markdown table, with what would break it escaped', () => {
    expect(renderReportMarkdown(report)).toBe(
      [
        '**error**: 5 checks on 4 rows in 12 ms',
        '',
        '| status | check | rule | observed | failing |',
        '|---|---|---|---|---:|',
        '| fail | row_count | at least 5 rows | 4 |  |',
        '| fail | between(a) | at most 5, mostly 0.9 | 66.67 % pass | 1 of 3 |',
        '| fail | regex(s\\|t) | matches ^(x\\|z)$ | 75.00 % pass | 1 of 4 |',
        '| pass | not_null(s\\|t) | not null | 100 % pass | 0 |',
        '| error | not_null(sum) | not null | there is no column "sum"; there are: a, s\\|t |  |',
      ].join('\n'),
    );
  });

  test('one line with every failure', () => {
    expect(summarizeFailures(report)).toBe(
      'row_count: 4, must be at least 5 rows; between(a): 1 of 3 rows fail, as 7 in row 3; ' +
        'regex(s|t): 1 of 4 rows fail, as "y\\nz" in row 1; ' +
        'not_null(sum) could not run: there is no column "sum"; there are: a, s|t',
    );
    expect(summarizeFailures({ ...report, checks: checks.filter(({ status }) => status === 'pass') })).toBe('');
  });
});
