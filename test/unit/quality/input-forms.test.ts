import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { readFile } from 'node:fs/promises';
import { checkFiles } from '../../../engine/quality/index';
import { parseSuite } from '../../../engine/quality/parse-suite';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();

async function write(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(folder.path(name), content);
  return folder.path(name);
}

const CSV = 'a,b\n1,x\n2,\n3,y\n';
const suite = suiteOf([
  { type: 'row_count', min: 3, max: 3 },
  { type: 'aggregate', metric: 'sum', column: 'a', min: 6, max: 6 },
  { type: 'not_null', column: 'b', mostly: 0.5 },
]);

describe('packed by gzip', () => {
  test.each([
    ['rows.csv.gz', CSV],
    ['rows.ndjson.gz', '{"a":1,"b":"x"}\n{"a":2}\n{"a":3,"b":"y"}\n'],
  ])('%s', async (name, content) => {
    expect(await checkFiles({ files: [await write(name, gzipSync(content))], suite })).toMatchObject({
      verdict: 'pass',
    });
  });

  test('Parquet, and the standard input', async () => {
    const parquet = await folder.write(`SELECT * FROM (VALUES (1, 'x'), (2, NULL), (3, 'y')) t(a, b)`);
    const packed = await write('rows.parquet.gz', gzipSync(await readFile(parquet)));
    expect(await checkFiles({ files: [packed], suite })).toMatchObject({ verdict: 'pass' });
    const input = Readable.from([gzipSync(CSV)]);
    expect(await checkFiles({ files: ['-'], suite, input })).toMatchObject({ verdict: 'pass' });
  });

  test('what is cut off, or unpacks to too much, is an error of the file', async () => {
    const cut = await write('cut.csv.gz', gzipSync(CSV).subarray(0, 25));
    await expect(checkFiles({ files: [cut], suite })).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
  });
});

describe('CSV', () => {
  test('rows of another width are an error that names the line, not rows of one column', async () => {
    const ragged = await write('ragged.csv', 'a,b\n1,2\n3\n4,5,6\n');
    await expect(checkFiles({ files: [ragged], suite })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringMatching(/Line: 3 .*Expected Number of Columns: 2 Found: 1/) as string,
    });
  });

  test.each([
    ['columns that are named as truth values are', 'id,f,t\n', ['id', 'f', 't'], 0],
    ['columns that are named as numbers are', '2020,2021\n1,2\n', ['2020', '2021'], 1],
    ['there is a # in front', '#id,n\n#1,5\n', ['#id', 'n'], 1],
  ])('the first line is the header where %s', async (_, text, names, rows) => {
    const report = await checkFiles({
      files: [await write('header.csv', text)],
      suite: suiteOf([
        { type: 'schema_match', columns: names, ordered: true },
        { type: 'row_count', min: rows, max: rows },
      ]),
    });
    expect(report.checks.map(({ status, message }) => [status, message])).toEqual([
      ['pass', undefined],
      ['pass', undefined],
    ]);
  });

  test('a quote that is not closed is an error, not a part of the value', async () => {
    const open = await write('open.csv', 'a,b\n1,"open\n2,x\n');
    await expect(checkFiles({ files: [open], suite })).rejects.toThrow(/unterminated quote/);
  });

  test('another encoding than UTF-8 is named', async () => {
    const input = Readable.from([Buffer.from('a,b\n1,caf\xe9\n', 'latin1')]);
    await expect(checkFiles({ files: ['-'], suite, input })).rejects.toThrow(/the standard input .* not utf-8 encoded/);
  });

  test('a header alone has columns of every type', async () => {
    const { checks } = await checkFiles({
      files: [await write('header.csv', 'a,b\n')],
      suite: suiteOf([
        { type: 'between', column: 'a', min: 0, max: 1 },
        { type: 'regex', column: 'a', pattern: 'x' },
        { type: 'column_type', column: 'a', dataType: 'integer' },
        { type: 'row_count', min: 1 },
        { type: 'expression', expression: "a > 1 and b = 'x'" },
      ]),
    });
    expect(checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass', 'fail', 'pass']);
  });
});

test('a column without any value passes checks of each type with a total of 0', async () => {
  const { checks } = await checkFiles({
    files: [await write('empty.csv', 'a,b\n1,\n2,\n')],
    suite: suiteOf([
      { type: 'between', column: 'b', min: 0, max: 1 },
      { type: 'between', column: 'b', min: '2001-01-01' },
      { type: 'in_set', column: 'b', set: ['x'] },
      { type: 'column_pair', columns: ['a', 'b'], operator: 'lt' },
      { type: 'unique', columns: ['a', 'b'] },
      { type: 'increasing', column: 'b' },
      { type: 'finite', column: 'b' },
      { type: 'format', column: 'b', format: 'uuid' },
      { type: 'not_null', column: 'a', where: "b is null or b > '2001-01-01'" },
    ]),
  });
  expect(checks.map(({ status, failing, total }) => [status, failing, total])).toEqual([
    ...Array.from({ length: 8 }, () => ['pass', 0, 0]),
    ['pass', 0, 2],
  ]);
});

test('Parquet without rows, whatever its columns', async () => {
  const file = await folder.write(`SELECT 1.5::DECIMAL(30, 2) AS dec, [1] AS list, 1 AS a WHERE false`);
  const { checks } = await checkFiles({
    files: [file],
    suite: suiteOf([
      { type: 'between', column: 'dec', min: 0 },
      { type: 'not_null', column: 'list' },
      { type: 'column_pair', columns: ['a', 'dec'], operator: 'lt' },
    ]),
  });
  expect(checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass']);
});

test('decimals of each width, times of day and bytes of one length are exact', async () => {
  const file = await folder.write(`
    SELECT (i - 50)::DECIMAL(4, 2) / 4 AS narrow, ((i - 50) * 12345678)::DECIMAL(18, 3) AS middle,
      ((i - 50)::HUGEINT * 1234567890123456789)::DECIMAL(38, 5) AS wide, TIME '23:59:00' - to_seconds(i) AS tm, uuid() AS id
    FROM range(101) t(i)`);
  const { checks } = await checkFiles({
    files: [file],
    suite: suiteOf([
      { type: 'aggregate', metric: 'min', column: 'narrow', min: '-12.5', max: '-12.5' },
      { type: 'aggregate', metric: 'max', column: 'middle', min: '617283900', max: '617283900' },
      { type: 'aggregate', metric: 'min', column: 'wide', min: '-61728394506172839450', max: '-61728394506172839450' },
      { type: 'between', column: 'wide', min: '-1234567890123456789.00001', max: 0, mostly: 0 },
      { type: 'aggregate', metric: 'min', column: 'tm', min: '23:57:20', max: '23:57:20' },
      { type: 'unique', column: 'id' },
    ]),
  });
  expect(checks.map(({ status }) => status)).toEqual(Array.from({ length: 6 }, () => 'pass'));
  expect(checks[3]).toMatchObject({ failing: 99, total: 101 });
  expect(checks[4]).toMatchObject({ observed: '23:57:20' });
});

test('who brings a suite from another tool is told how it is written here', () => {
  const problemsOf = (value: unknown) => {
    try {
      parseSuite(value);
      return [];
    } catch (error) {
      return (error as { problems: { path: string; message: string }[] }).problems.map(
        ({ path, message }) => `${path}: ${message}`,
      );
    }
  };
  const problems = problemsOf({
    checks: [
      { type: 'expect_column_values_to_be_between', column: 'x' },
      { type: 'isComplete', column: 'x' },
      { type: 'between', column: 'x', min_value: 1, max: 2 },
      { expectation_type: 'expect_column_mean_to_be_between', kwargs: {} },
    ],
  });
  expect(problems).toEqual(
    expect.arrayContaining([
      'checks[0].type: "expect_column_values_to_be_between" is here {"type": "between", "column": …, "min": …, "max": …}',
      'checks[1].type: "isComplete" is here {"type": "not_null", "column": …}',
      'checks[2].min_value: is not a known field; here it is "min"',
      expect.stringMatching(/^checks\[3\].type: must be given; expect_column_mean_to_be_between is here/),
    ]),
  );
  const words = problemsOf({
    checks: [
      { type: 'drift', column: 'x', reference: 'r', metric: 'kolmogorov_smirnov' },
      { type: 'drift', column: 'x', reference: 'r', method: 'psi' },
      { type: 'aggregate', column: 'x', metric: 'avg', min: 0 },
      { type: 'comparison', column: 'x', operator: '>=', value: 0, severity: 'critical' },
      { type: 'metric_anomaly', column: 'x', metric: 'mean', anomaly: { method: 'z-score' } },
      { type: 'pii_detect', set: ['social_security_number'] },
    ],
  });
  expect(words.map((text) => `${text.split(':')[0]!} ${/here it is .*/.exec(text)?.[0]}`)).toEqual([
    'checks[0].metric here it is "ks"',
    'checks[1].method here it is "metric"',
    'checks[2].metric here it is "mean"',
    'checks[3].severity here it is "block"',
    'checks[3].operator here it is "ge"',
    'checks[4].anomaly.method here it is "batch_normal"',
    'checks[5].set[0] here it is "ssn"',
  ]);
  expect(problemsOf([])).toEqual([': must be an object with the list as its field: {"checks": […]}']);
});
