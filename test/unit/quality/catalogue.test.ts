import { checkFiles } from '../../../engine/quality/index';
import type { CheckResult } from '../../../schemas/quality-report';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
type CheckInput = Parameters<typeof suiteOf>[0][number];
type Expected = Partial<Pick<CheckResult, 'status' | 'failing' | 'total' | 'observed'>> & { message?: unknown };

// 1000 rows: x has ten NaN (id % 100 = 0) and ten nulls (id % 100 = 1), cat has 100 nulls, d has a gap of a day.
const ROWS = `
  SELECT id, (id % 7)::DOUBLE AS seven,
    CASE WHEN id % 100 = 0 THEN 'NaN'::DOUBLE WHEN id % 100 <> 1 THEN (id % 20)::DOUBLE END AS x,
    CASE WHEN id % 10 <> 3 THEN 'k' || (id % 5) END AS cat,
    id % 3 = 0 AS flag,
    (id % 3 = 0)::INTEGER * 2 + 1 AS leak,
    CASE WHEN id = 7 THEN 'write to ann@example.com' WHEN id = 8 THEN 'card 4111 1111 1111 1111' ELSE 'note ' || id END AS note,
    9007199254740993 + id AS big,
    (id * 0.01)::DECIMAL(12, 2) AS price,
    DATE '2024-01-01' + (CASE WHEN id < 500 THEN id % 5 ELSE 6 + id % 4 END)::INTEGER AS d
  FROM range(1000) AS t(id) ORDER BY id`;

const CASES: [CheckInput, Expected][] = [
  [{ type: 'column_exists', column: 'x' }, { status: 'pass' }],
  [
    { type: 'column_exists', column: 'nte' },
    { status: 'fail', observed: expect.stringContaining('"note"') as string },
  ],
  [{ type: 'column_type', column: 'x', dataType: 'float' }, { status: 'pass' }],
  [{ type: 'column_type', column: 'x', dataType: 'double' }, { status: 'pass' }],
  [{ type: 'column_type', column: 'price', dataType: 'decimal128(12, 2)' }, { status: 'pass' }],
  [{ type: 'column_type', column: 'price', dataType: 'DECIMAL(12,3)' }, { status: 'fail' }],
  [{ type: 'column_type', column: 'd', dataType: 'date32[day]' }, { status: 'pass' }],
  [
    { type: 'column_type', column: 'id', dataType: 'text' },
    { status: 'fail', observed: 'id is of type Int64, not text' },
  ],
  [{ type: 'column_type', column: 'nope', dataType: 'text' }, { status: 'error' }],
  [{ type: 'schema_match', columns: ['x', 'id'], allowExtra: true }, { status: 'pass' }],
  [{ type: 'schema_match', columns: ['x', 'id'], allowExtra: true, ordered: true }, { status: 'fail' }],
  [{ type: 'schema_match', columns: ['x', 'id'] }, { status: 'fail' }],
  [
    { type: 'column_count', min: 10, max: 10 },
    { status: 'pass', observed: 10 },
  ],
  [{ type: 'nullability_match', columns: ['id'] }, { status: 'pass' }],
  [
    { type: 'nullability_match', columns: ['cat'] },
    { status: 'fail', observed: 'cat has 100 nulls' },
  ],
  [{ type: 'schema_change' }, { status: 'skip' }],
  [{ type: 'row_count_change', min: -0.1 }, { status: 'skip' }],
  [{ type: 'volume_anomaly' }, { status: 'skip' }],
  [{ type: 'metric_anomaly', column: 'x', metric: 'mean' }, { status: 'skip' }],

  [
    { type: 'row_count', min: 1, max: 100, where: 'x is nan' },
    { status: 'pass', observed: 10 },
  ],
  [
    { type: 'row_count', min: 1, warn: { min: 2000 } },
    { status: 'warn', observed: 1000 },
  ],
  [
    { type: 'partition_completeness', column: 'd' },
    { status: 'fail', observed: 1, message: 'missing: 2024-01-06' },
  ],
  [
    { type: 'partition_completeness', column: 'd', max: 1 },
    { status: 'pass', observed: 1 },
  ],
  [
    { type: 'partition_completeness', column: 'd', unit: 'month', from: '2023-11-15' },
    { status: 'fail', observed: 2 },
  ],
  [{ type: 'partition_completeness', column: 'cat' }, { status: 'error' }],

  [
    { type: 'not_null', column: 'x' },
    { status: 'fail', failing: 10, total: 1000 },
  ],
  [
    { type: 'not_null', column: 'cat', mostly: 0.8, warn: { mostly: 0.95 } },
    { status: 'warn', failing: 100 },
  ],
  [
    { type: 'missing_count', column: 'x', nan: true, max: 20 },
    { status: 'pass', observed: 20 },
  ],
  [
    { type: 'missing_count', column: 'x', max: 9 },
    { status: 'fail', observed: 10, failing: 10 },
  ],
  [
    { type: 'missing_percent', column: 'cat', set: ['k1'], max: 30 },
    { status: 'pass', observed: 30, failing: 300 },
  ],
  [
    { type: 'rows_complete', columns: ['x', 'cat'] },
    { status: 'fail', failing: 110, total: 1000 },
  ],
  [
    { type: 'unique', column: 'id' },
    { status: 'pass', failing: 0 },
  ],
  [
    { type: 'unique', column: 'flag', mostly: 0 },
    { status: 'pass', failing: 998, total: 1000 },
  ],
  [
    { type: 'primary_key', column: 'cat' },
    { status: 'fail', failing: 995, total: 1000 },
  ],
  [
    { type: 'distinct_count', column: 'cat', min: 5, max: 5 },
    { status: 'pass', observed: 5, total: 900 },
  ],
  [{ type: 'distinct_count', column: 'id', approximate: true, min: 950, max: 1050 }, { status: 'pass' }],
  [
    { type: 'unique_ratio', column: 'big', min: 1 },
    { status: 'pass', observed: 1 },
  ],
  [
    { type: 'duplicate_rows', columns: ['cat', 'flag'] },
    { status: 'fail', observed: 988 },
  ],

  [
    { type: 'not_in_set', column: 'cat', set: ['k1'] },
    { status: 'fail', failing: 200, total: 900 },
  ],
  [
    { type: 'between', column: 'x', min: 0, max: 20 },
    { status: 'fail', failing: 10, total: 990 },
  ],
  [
    { type: 'comparison', column: 'x', operator: 'lt', value: 100 },
    { status: 'fail', failing: 10, total: 990 },
  ],
  [
    { type: 'comparison', column: 'x', operator: 'ne', value: 19 },
    { failing: 50, total: 990 },
  ],
  [
    { type: 'comparison', column: 'big', operator: 'gt', value: '9007199254740993' },
    { failing: 1, total: 1000 },
  ],
  [
    { type: 'comparison', column: 'cat', operator: 'ge', value: 'k3' },
    { failing: 600, total: 900 },
  ],
  [
    { type: 'not_regex', column: 'cat', pattern: '[12]$' },
    { failing: 400, total: 900 },
  ],
  [
    { type: 'length_between', column: 'note', max: 8 },
    { failing: 2, total: 1000 },
  ],
  [
    { type: 'format', column: 'note', format: 'email' },
    { status: 'fail', failing: 1000 },
  ],
  [
    { type: 'finite', column: 'x' },
    { status: 'fail', failing: 10, total: 990 },
  ],
  [{ type: 'finite', column: 'cat' }, { status: 'error' }],
  [{ type: 'increasing', column: 'id', strict: true }, { status: 'pass' }],
  [
    { type: 'decreasing', column: 'id' },
    { status: 'fail', failing: 999 },
  ],
  [
    { type: 'increasing', column: 'd' },
    { status: 'fail', failing: 223 },
  ],
  [
    { type: 'column_pair', columns: ['id', 'leak'], operator: 'ge' },
    { status: 'fail', failing: 1 },
  ],
  [{ type: 'column_pair', columns: ['id', 'cat'], operator: 'ge' }, { status: 'error' }],
  [
    { type: 'expression', expression: "x >= 0 or cat = 'k1'" },
    { status: 'fail', failing: 10, total: 1000 },
  ],
  [
    { type: 'expression', expression: 'price * 100 > id - 0.5 and length(note) > 3' },
    { status: 'pass', total: 1000 },
  ],

  [
    { type: 'aggregate', metric: 'mean', column: 'x', min: 0, max: 20 },
    { status: 'fail', observed: 'NaN' },
  ],
  [
    { type: 'aggregate', metric: 'max', column: 'x', min: 0, max: 20 },
    { status: 'fail', observed: 'NaN' },
  ],
  [
    { type: 'aggregate', metric: 'mean', column: 'x', max: 20, where: 'x is not nan' },
    { status: 'pass', total: 980 },
  ],
  [{ type: 'aggregate', metric: 'median', column: 'id', min: 499.5, max: 499.5 }, { status: 'pass' }],
  [{ type: 'aggregate', metric: 'quantile', quantile: 0.25, column: 'id', max: 249.75 }, { status: 'pass' }],
  [
    { type: 'aggregate', metric: 'sum', column: 'big', max: 0 },
    { status: 'fail', observed: '9007199254741492500' },
  ],
  [
    { type: 'aggregate', metric: 'sum', column: 'price', min: '4995.00', max: 4995 },
    { observed: '4995.00', status: 'pass' },
  ],
  [
    { type: 'aggregate', metric: 'max', column: 'd', max: '2024-01-10' },
    { status: 'pass', observed: '2024-01-10T00:00:00Z' },
  ],
  [{ type: 'aggregate', metric: 'mean', column: 'd', max: 1 }, { status: 'error' }],
  [
    { type: 'aggregate', metric: 'mean', column: 'id', max: 600, warn: { max: 400 } },
    { status: 'warn', observed: 499.5 },
  ],
  [
    { type: 'most_common_value_share', column: 'flag', max: 0.6 },
    { status: 'fail', observed: 0.666 },
  ],
  [{ type: 'entropy', column: 'flag', min: 0.9 }, { status: 'pass' }],
  [{ type: 'correlation', columns: ['id', 'price'], min: 0.9999 }, { status: 'pass' }],
  [
    { type: 'correlation', columns: ['id', 'x'], min: -1 },
    { status: 'fail', observed: 'NaN' },
  ],
  [
    { type: 'outlier_rate', column: 'x', max: 0.001 },
    { status: 'fail', failing: 10 },
  ],
  [
    { type: 'outlier_rate', column: 'id', method: 'zscore', max: 0 },
    { status: 'pass', failing: 0 },
  ],
  [
    { type: 'label_balance', column: 'flag', min: 0.3 },
    { status: 'pass', observed: 0.334 },
  ],
  [
    { type: 'group_evolution', column: 'cat', set: ['k0', 'k1', 'k2', 'k3', 'k9'] },
    { status: 'fail', observed: 2, message: 'new: k4, missing: k9' },
  ],
  [
    { type: 'target_leakage', label: 'flag' },
    { status: 'fail', failing: 1, message: expect.stringMatching(/^leak 1.000/) },
  ],
  [{ type: 'pii_detect' }, { status: 'fail', observed: 2, message: 'note: email 1, note: credit_card 1' }],
  [
    { type: 'custom_sql', sql: 'SELECT id FROM dataset WHERE id < 3' },
    { status: 'fail', failing: 3 },
  ],
  [
    { type: 'custom_sql', sql: 'SELECT count(*) FROM dataset', max: 999 },
    { status: 'fail', observed: 1000 },
  ],
  [{ type: 'custom_sql', sql: `SELECT * FROM read_text('/etc/hostname')` }, { status: 'error' }],
  [{ type: 'custom_sql', sql: 'SELECT 1; SELECT 2' }, { status: 'error' }],
];

describe('every type of check on a Parquet file of five row groups', () => {
  let results: CheckResult[];
  beforeAll(async () => {
    const file = await folder.write(ROWS, ', ROW_GROUP_SIZE 2048');
    const suite = suiteOf(CASES.map(([check]) => check));
    results = (await checkFiles({ files: [file], suite, now: new Date('2024-02-01T00:00:00Z') })).checks;
  });

  test.each(CASES.map(([check, expected], i) => [JSON.stringify(check), i, expected] as const))(
    '%s',
    (_, i, expected) => {
      expect(results[i]).toMatchObject(expected);
    },
  );
});

describe('a constant that no double holds exactly, and integers beyond 2^53', () => {
  const CONSTANT = `SELECT 0.1::DOUBLE AS tenth, id::DOUBLE AS id, 9007199254740992 + (id % 2) * 2 AS big FROM range(1025) AS t(id)`;

  test.each([
    ['a dictionary', 3, ''],
    ['a dictionary', 1025, ''],
    ['plain pages', 3, ', DICTIONARY_SIZE_LIMIT 0'],
    ['plain pages', 1025, ', DICTIONARY_SIZE_LIMIT 0'],
  ])(
    'in %s of %i rows: no deviation, no outliers, no correlation, and a deviation within a double’s step',
    async (_, rows, options) => {
      const file = await folder.write(`${CONSTANT} LIMIT ${rows}`, options);
      const suite = suiteOf([
        { type: 'aggregate', metric: 'stddev', column: 'tenth', min: 0, max: 0 },
        { type: 'aggregate', metric: 'mean', column: 'tenth', min: 0.1, max: 0.1 },
        { type: 'outlier_rate', column: 'tenth', method: 'zscore', max: 0 },
        { type: 'correlation', columns: ['tenth', 'id'], min: -1 },
        { type: 'aggregate', metric: 'stddev', column: 'big', max: 2 },
      ]);
      const { checks } = await checkFiles({ files: [file], suite });
      expect(checks).toMatchObject([
        { status: 'pass', observed: 0 },
        { status: 'pass', observed: 0.1 },
        { status: 'pass', observed: 0 },
        { status: 'fail', observed: 'NaN' },
        { status: 'pass' },
      ]);
    },
  );
});

describe('checks against another dataset', () => {
  test('compare with files by name or path, and are errors where those cannot be read', async () => {
    const file = await folder.write(ROWS);
    const other = await folder.write(`SELECT 'k' || id AS cat, id::BIGINT AS n FROM range(4) AS t(id)`);
    const { checks } = await checkFiles({
      files: [file],
      references: { groups: { files: [other] } },
      suite: suiteOf([
        { type: 'relationships', column: 'cat', reference: 'groups' },
        { type: 'relationships', column: 'id', reference: 'groups', referenceColumns: ['n'] },
        { type: 'key_overlap', column: 'id', reference: 'groups', referenceColumns: ['n'] },
        { type: 'key_overlap', column: 'cat', reference: 'groups' },
        { type: 'row_count_match', reference: 'groups' },
        { type: 'row_count_match', reference: 'groups', where: 'id < 4' },
        { type: 'reconciliation', reference: file },
        { type: 'reconciliation', reference: file, metric: 'sum', column: 'price' },
        { type: 'reconciliation', reference: file, metric: 'distinct_count', column: 'cat', where: 'id > 999' },
        { type: 'group_evolution', column: 'cat', reference: 'groups' },
        { type: 'drift', column: 'seven', reference: file },
        { type: 'dataset_drift', reference: file, columns: ['seven', 'cat', 'flag'] },
        { type: 'train_serve_skew', reference: file, columns: ['seven'] },
        { type: 'row_count_match', reference: folder.path('none.parquet') },
      ]),
    });
    const [cat, id, idOverlap, catOverlap, ...rest] = checks;
    expect(cat).toMatchObject({ status: 'fail', failing: 200, total: 900 });
    expect(id).toMatchObject({ status: 'fail', failing: 996, total: 1000 });
    expect(idOverlap).toMatchObject({ status: 'fail', failing: 4, total: 1000 });
    expect(idOverlap!.examples.map(({ row }) => row)).toEqual([0, 1, 2, 3]);
    expect(catOverlap).toMatchObject({ status: 'fail', failing: 700, total: 900 });
    expect(rest.map(({ status }) => status)).toEqual([
      'fail',
      'pass',
      'pass',
      'pass',
      'fail',
      'fail',
      'pass',
      'pass',
      'pass',
      'error',
    ]);
  });
});

test('checks of drift are skipped where there is no column with values to compare', async () => {
  const file = await folder.write(ROWS);
  const empty = await folder.write(`SELECT * FROM (${ROWS}) WHERE id < 0`);
  const reference = file;
  const suite = suiteOf([
    { type: 'drift', column: 'seven', reference },
    { type: 'dataset_drift', reference },
    { type: 'train_serve_skew', reference },
  ]);
  const { checks } = await checkFiles({ files: [empty], suite });
  expect(checks.map(({ status, message }) => `${status}: ${message}`)).toEqual([
    'skip: not compared: the current data has no values',
    'skip: no column could be compared',
    'skip: no column could be compared',
  ]);
});

test('examples show key columns, and nothing of columns with personal data', async () => {
  const file = await folder.write(ROWS);
  const suite = {
    ...suiteOf(
      [
        { type: 'regex', column: 'note', pattern: '^note' },
        { type: 'custom_sql', sql: 'SELECT note AS id FROM dataset WHERE id = 7' },
        { type: 'between', column: 'id', max: 998 },
      ],
      ['id', 'note'],
    ),
    piiColumns: ['note'],
  };
  const { checks } = await checkFiles({ files: [file], suite });
  expect(checks[0]).toMatchObject({
    failing: 2,
    examples: [
      { row: 7, keys: { id: 7 } },
      { row: 8, keys: { id: 8 } },
    ],
  });
  expect(checks[2]!.examples).toEqual([{ row: 999, value: 999, keys: { id: 999 } }]);
  expect(JSON.stringify(checks)).not.toMatch(/example\.com|4111/);
});

test('the second threshold is part of the rule, and the newest time says how old it is', async () => {
  const file = await folder.write(ROWS);
  const suite = suiteOf([
    { type: 'between', column: 'id', min: 10, mostly: 0.9, warn: { mostly: 0.995 } },
    { type: 'row_count', min: 1, warn: { min: 2000 } },
    { type: 'row_count', warn: { min: 2, max: 2000 } },
    { type: 'aggregate', metric: 'max', column: 'id', warn: { max: 5 } },
    { type: 'freshness', column: 'd', maxAgeSeconds: 10, warn: { maxAgeSeconds: 5 } },
  ]);
  const { checks } = await checkFiles({ files: [file], suite, now: new Date('2024-01-10T00:00:01Z') });
  expect(checks.map(({ status, threshold }) => `${status}: ${threshold}`)).toEqual([
    'warn: at least 10, mostly 0.9, warns below 0.995',
    'warn: at least 1 rows, warns below 2000',
    'pass: warns outside 2 to 2000',
    'warn: max, warns above 5',
    'pass: at most 10 s old at the end of the window, warns above 5 s',
  ]);
  expect(checks[4]).toMatchObject({ observed: '2024-01-10T00:00:00Z', message: '1 s old' });
  const ahead = await checkFiles({ files: [file], suite, now: new Date('2024-01-09T23:00:00Z') });
  expect(ahead.checks[4]).toMatchObject({ status: 'pass', message: '3600 s in the future' });
});
