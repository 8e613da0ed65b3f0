import { DuckDBInstance } from '@duckdb/node-api';
import { checkFiles } from '../../../engine/quality/index';
import { parseExpression } from '../../../engine/quality/expression/index';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();

const ROWS = `
  SELECT i AS id, i % 7 AS k, CASE WHEN i % 10 <> 0 THEN (i * 37) % 100 END AS delay,
    ['LAX', 'JFK', 'San Jose', NULL][1 + i % 4] AS origin, DATE '2001-01-01' + (i % 60)::INT AS d,
    TIMESTAMP '2001-01-01' + to_hours(i) AS ts, CASE WHEN i % 13 = 0 THEN 'inf'::DOUBLE ELSE i / 3.0 END AS f,
    (i / 8)::DECIMAL(10, 3) AS dec, i % 3 = 0 AS ok, TIME '10:00:00' + to_minutes(i % 100) AS tm, 9007199254740993 + i AS big
  FROM range(1000) t(i)`;

/** Expressions that mean the same to DuckDB. */
const SHARED = [
  "delay > 50 AND origin = 'LAX'",
  'NOT (delay > 50 OR k = 3)',
  "origin NOT IN ('LAX', 'JFK')",
  'delay IN (1, 2, NULL)',
  'delay NOT IN (1, 2, NULL)',
  'delay IN (k, 5)',
  "origin ILIKE 'san%'",
  "origin LIKE 'San!_Jose' ESCAPE '!'",
  "origin LIKE 'San_J%'",
  "origin NOT LIKE '%A%'",
  'delay NOT BETWEEN 10 AND 20',
  "d >= DATE '2001-02-01'",
  "ts < TIMESTAMP '2001-01-10 12:00:00' -- the first days",
  "tm > TIME '11:00:00'",
  "tm BETWEEN '10:30:00' AND '10:45:00'",
  'ts > d',
  'coalesce(delay, k, 0) > 5',
  "coalesce(origin, 'none') = 'none'",
  'abs(delay - 50) < 10',
  'round(f) = 3 OR floor(f) = 5 OR ceil(f) = 8',
  '-delay < -90',
  'delay > +5',
  'mod(delay, 7) = 2',
  'year(d) = 2001 AND month(d) = 2 AND day(ts) > 15 AND hour(ts) < 6',
  "starts_with(origin, 'San') OR ends_with(origin, 'X') OR contains(origin, 'F')",
  "regexp_matches(origin, '^[A-Z]{3}$')",
  'isinf(f) OR isfinite(f) AND f < 10',
  "lower(origin) = 'lax' OR length(trim(origin)) > 4",
  'big = 9007199254740995 OR dec = 1.125',
  'ok IS NOT TRUE',
  'ok AND origin IS NOT NULL',
  'delay <> k AND delay % 2 = 0',
];

test('expressions count the rows that DuckDB counts', async () => {
  const file = await folder.write(ROWS);
  const suite = suiteOf([
    ...SHARED.map((where) => ({ type: 'row_count' as const, min: 0, where })),
    ...SHARED.map((text) => ({ type: 'expression' as const, expression: text, mostly: 0 })),
  ]);
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const columns = SHARED.map((text) => `count(*) FILTER (WHERE ${text}\n), count(*) FILTER (WHERE NOT (${text}\n))`);
  const [counts] = (await connection.runAndReadAll(`SELECT ${columns.join(', ')} FROM '${file}'`)).getRows();
  database.closeSync();
  const { checks } = await checkFiles({ files: [file], suite });
  const found = SHARED.map((text, i) => [text, checks[i]!.observed, checks[SHARED.length + i]!.failing]);
  expect(found).toEqual(SHARED.map((text, i) => [text, Number(counts![2 * i]), Number(counts![2 * i + 1])]));
});

test.each([
  ['delay > 50 && !(k = 1)', 'delay > 50 and not (k = 1)'],
  ['`odd name` = 5', '"odd name" = 5'],
  ["origin !~ '^L'", "not origin ~ '^L'"],
  ['isnan(f)', 'f is nan'],
  ["len(origin) = 3 and startswith(origin, 'L')", "length(origin) = 3 and starts_with(origin, 'L')"],
  ["d = date('2001-02-01')", "d = '2001-02-01'"],
])('%s is %s', (given, same) => {
  expect(parseExpression(given)).toEqual(parseExpression(same));
});

test.each([
  ["a || 'x' = 'y'", /write "or"/],
  ["a in ['x']", /round brackets/],
  ['a::int > 5', /not converted/],
  ["a = 'x", /does not end/],
  ["a ~ '(?=x)'", /invalid RE2 pattern/],
  ['nosuch(a) = 1', /there is no function nosuch; there are: abs/],
  ['mod(a) = 1', /takes 2 arguments, not 1/],
  ["-'x' = a", /no negative of x/],
])('%s is refused with a remedy', (text, message) => {
  expect(() => parseExpression(text)).toThrow(message);
});

test('what is nested deeper than can be compiled and answered is refused', () => {
  const texts = [
    `${'- '.repeat(5000)}a > 0`,
    `${'+'.repeat(5000)}a > 0`,
    `${'abs('.repeat(2000)}a${')'.repeat(2000)} > 0`,
  ];
  for (const text of texts) expect(() => parseExpression(text)).toThrow('is nested deeper than 100');
  const inARow = `a${' + a'.repeat(4900)} > 0`;
  expect(() => parseExpression(inARow)).toThrow('has more than 1000 operations within one another');
});

test('what is nested as deep as is allowed is compiled and answered', async () => {
  const file = await folder.write(ROWS);
  const expression = `${'abs('.repeat(98)}k${')'.repeat(98)}${' + k * 0'.repeat(890)} >= 0`;
  const { checks } = await checkFiles({ files: [file], suite: suiteOf([{ type: 'expression', expression }]) });
  expect(checks[0]).toMatchObject({ status: 'pass', failing: 0 });
});

test('a text in double quotes is a column, and the message says so', async () => {
  const file = await folder.write(ROWS);
  const { checks } = await checkFiles({
    files: [file],
    suite: suiteOf([{ type: 'row_count', min: 1, where: 'origin = "LAX"' }]),
  });
  expect(checks[0]).toMatchObject({
    status: 'error',
    message: expect.stringContaining("in single quotes: 'LAX'") as string,
  });
});
