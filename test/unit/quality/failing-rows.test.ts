import { checkFiles, findFailingRows } from '../../../engine/quality/index';
import type { SuiteInput } from '../../../schemas/check';
import { suiteOf, withParquetFolder } from './quality-fixtures';
import { FLIGHTS, sql } from '../datasets/workbench';

const folder = withParquetFolder();

/** What the suite says in DuckDB’s words: for each check by its number, when a row fails. */
const CHECKS = {
  delay: { type: 'between', column: 'delay', min: -60, max: 120 },
  long: { type: 'comparison', column: 'distance', operator: 'le', value: 2000, where: "origin = 'LAX' or delay > 60" },
  present: { type: 'not_null', column: 'destination' },
  known: { type: 'not_in_set', column: 'origin', set: ['ATL', 'ORD'], mostly: 0.5 },
  code: { type: 'regex', column: 'origin', pattern: '^[A-Z]{3}$' },
  apart: { type: 'column_pair', columns: ['origin', 'destination'], operator: 'ne' },
  sane: { type: 'expression', expression: 'distance < 1000 or delay < 100' },
  once: { type: 'unique', columns: ['date', 'origin', 'destination'] },
} satisfies Record<string, SuiteInput['checks'][number]>;
const FAILS: Record<keyof typeof CHECKS, string> = {
  delay: 'delay < -60 OR delay > 120',
  long: "distance > 2000 AND (origin = 'LAX' OR delay > 60)",
  present: 'destination IS NULL',
  known: "origin IN ('ATL', 'ORD')",
  code: "NOT regexp_full_match(origin, '[A-Z]{3}')",
  apart: 'origin = destination',
  sane: 'NOT (distance < 1000 OR delay < 100)',
  once: 'destination IS NOT NULL AND row_number() OVER (PARTITION BY date, origin, destination ORDER BY file, row) > 1',
};
const NAMES = Object.keys(CHECKS) as (keyof typeof CHECKS)[];
const suite = suiteOf(NAMES.map((name) => ({ ...CHECKS[name], name })));

/** Flights with defects at known places: nulls, lower case, airports that are their own destination. */
const SEEDED = (from: number) => `
  SELECT date, delay, distance, CASE WHEN i % 1009 = 0 THEN lower(origin) ELSE origin END AS origin,
    CASE WHEN i % 997 = 0 THEN NULL WHEN i % 499 = 0 THEN origin ELSE destination END AS destination
  FROM (SELECT *, file_row_number AS i FROM read_parquet('${FLIGHTS}', file_row_number = true)
        WHERE file_row_number >= ${from} AND file_row_number < ${from + 150_000})`;

const lines = (path: string) =>
  `read_csv('${path}', header = false, auto_detect = false, columns = {'numbers': 'VARCHAR'})`;

describe('findFailingRows', () => {
  test('tells exactly the rows that fail each check, as DuckDB does, and as many as the report', async () => {
    // Two files: one of plain pages in small row groups, one with dictionaries.
    const files = [
      await folder.write(SEEDED(0), ', ROW_GROUP_SIZE 20000, DICTIONARY_SIZE_LIMIT 1'),
      await folder.write(SEEDED(1_000_000)),
    ];
    const path = folder.path('failing.csv');
    const found = await findFailingRows({ files, suite, checks: NAMES, path });
    const rows = files.map(
      (file, i) =>
        `SELECT ${i} AS file, file_row_number AS row, * FROM read_parquet('${file}', file_row_number = true)`,
    );
    const truth = NAMES.map((name, i) => `SELECT file, ${i} AS number, row FROM judged WHERE ${name}`).join(
      ' UNION ALL ',
    );
    const judged = NAMES.map((name) => `${FAILS[name]} AS ${name}`).join(', ');
    const [differences] = await sql(`
      WITH version AS (${rows.join(' UNION ALL ')}),
        judged AS MATERIALIZED (SELECT file, row, ${judged} FROM version),
        truth AS (${truth}),
        lines AS (SELECT numbers, row_number() OVER () - 1 AS i FROM ${lines(path)}),
        told AS (
          SELECT (i >= 150000)::INTEGER AS file, unnest(string_split(numbers, '|'))::INTEGER AS number, i % 150000 AS row
          FROM lines WHERE numbers <> '-')
      SELECT (SELECT count(*) FROM truth), (SELECT count(*) FROM told),
        (SELECT count(*) FROM (FROM truth EXCEPT ALL FROM told)), (SELECT count(*) FROM (FROM told EXCEPT ALL FROM truth))`);
    const total = found.checks.reduce((sum, check) => sum + check.rows, 0);
    expect(differences).toEqual([String(total), String(total), '0', '0']);
    expect(found.untold).toEqual([]);
    const report = await checkFiles({ files, suite, fullScan: true });
    expect(found.checks).toEqual(report.checks.map(({ name, failing }) => ({ name, rows: failing })));
    expect(found.checks.filter(({ rows: failing }) => failing === 0)).toEqual([]);
  });

  test('looks at the checks that are asked for alone', async () => {
    const file = await folder.write('SELECT * FROM (VALUES (1, NULL), (2, 5), (2, NULL)) t(a, b)');
    const path = folder.path('some.csv');
    const some = suiteOf([
      { type: 'not_null', column: 'a' },
      { type: 'not_null', column: 'b' },
      { type: 'primary_key', column: 'a' },
    ]);
    const found = await findFailingRows({
      files: [file],
      suite: some,
      checks: ['not_null(b)', 'primary_key(a)'],
      path,
    });
    expect(found.checks).toEqual([
      { name: 'not_null(b)', rows: 2 },
      { name: 'primary_key(a)', rows: 1 },
    ]);
    expect(await sql(`FROM ${lines(path)}`)).toEqual([['0'], ['-'], ['0|1']]);
  });
});
