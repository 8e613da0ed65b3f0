import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Field, Float32, Float64, makeVector, Struct, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import { runQueries } from '../../../engine/quality/custom-sql.js';
import { checkFiles } from '../../../engine/quality/index.js';
import { FLIGHTS } from '../datasets/workbench.js';
import { suiteOf, withParquetFolder } from './quality-fixtures.js';

const folder = withParquetFolder();

describe('a check in SQL', () => {
  it.each([
    `SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_config = {'path': '/nowhere/log'})`,
    `CALL enable_logging(storage = 'file', storage_path = '/nowhere/log')`,
    `SELECT * FROM query('FROM enable_logging(storage = ''file'', storage_path = ''/nowhere/log'')')`,
  ])('has no effect and does not end the process: %s', async (query) => {
    const [refused, next] = await runQueries(async () => [FLIGHTS], [query, 'SELECT count(*) FROM dataset'], false);
    expect(refused).toMatchObject({ kind: 'error', message: expect.stringContaining('no part of a query') });
    expect(next).toMatchObject({ kind: 'sql', value: 3_000_000 });
  });

  it.each(['DROP VIEW dataset', 'CREATE TABLE t (a INTEGER)', 'EXPLAIN SELECT 1', 'SET threads = 1'])(
    'is a query, so that it cannot pass by giving no rows, nor spoil the next: %s',
    async (statement) => {
      const [refused, next] = await runQueries(
        async () => [FLIGHTS],
        [statement, 'SELECT count(*) FROM dataset'],
        false,
      );
      expect(refused).toMatchObject({ kind: 'error', message: expect.stringContaining('must be a SELECT and is') });
      expect(next).toMatchObject({ kind: 'sql', value: 3_000_000 });
    },
  );

  it('finds NaN in files whose statistics do not speak of it', async () => {
    const values = [1, NaN, -0, 2, null];
    const table = new Table({
      'f"64': vectorFromArray(values, new Float64()),
      f32: vectorFromArray(values, new Float32()),
      s: vectorFromArray(
        values.map((x) => (x === null ? null : { x })),
        new Struct([new Field('x', new Float64(), true)]),
      ),
      i: makeVector(Int32Array.of(1, 2, 3, 4, 5)),
    });
    // Written by arrow-rs, which leaves NaN out of the least and greatest value, as Arrow C++ does.
    const { Table: WasmTable, writeParquet } = await import('parquet-wasm');
    const path = folder.path('nan.parquet');
    await writeFile(path, writeParquet(WasmTable.fromIPCStream(tableToIPC(table, 'stream'))));
    const suite = suiteOf([
      { type: 'custom_sql', sql: 'SELECT i FROM dataset WHERE "f""64" > 100' },
      { type: 'custom_sql', sql: 'SELECT i FROM dataset WHERE f32 > 100' },
      { type: 'custom_sql', sql: 'SELECT i FROM dataset WHERE s.x > 100' },
      { type: 'custom_sql', sql: 'SELECT max(f32) FROM dataset', max: 100 },
      { type: 'custom_sql', sql: `SELECT count(*) FROM dataset WHERE typeof(f32) = 'FLOAT'`, min: 5 },
    ]);
    const { checks } = await checkFiles({ files: [path], suite });
    expect(checks.map(({ status, observed, failing, total }) => [status, observed, failing, total])).toEqual([
      ['fail', 1, 1, 5],
      ['fail', 1, 1, 5],
      ['fail', 1, 1, 5],
      ['fail', 'NaN', 0, 5],
      ['pass', 5, 0, 5],
    ]);
  });

  it('reads no decimal of more than 38 digits, which DuckDB reads wrong, and answers what leaves it alone', async () => {
    const file = join(__dirname, 'fixtures/wide-decimals.parquet');
    const queries = ['SELECT d FROM dataset WHERE d > 5', 'SELECT max(d) FROM dataset', 'SELECT max(s) FROM dataset'];
    const [row, most, other] = await runQueries(async () => [file], queries, false);
    const message = expect.stringContaining('d has decimals of more than 38 digits') as string;
    expect([row, most]).toMatchObject([
      { kind: 'error', message },
      { kind: 'error', message },
    ]);
    expect(other).toMatchObject({ kind: 'sql', value: 7 });
    const suite = suiteOf([{ type: 'between', column: 'd', min: -10, max: 10 }]);
    const { checks } = await checkFiles({ files: [file], suite });
    expect(checks[0]).toMatchObject({ status: 'fail', failing: 1, examples: [{ value: `${'9'.repeat(50)}.99` }] });
  });

  it('names the view where a query looks for the data under another name', async () => {
    const [state] = await runQueries(async () => [FLIGHTS], ['SELECT * FROM data'], false);
    expect(state).toMatchObject({ kind: 'error', message: expect.stringContaining('the data are the view "dataset"') });
  });

  it('is answered on Arrow IPC, and an error, beside the results of the others, where that holds what cannot be rewritten', async () => {
    const path = folder.path('plain.arrow');
    await writeFile(path, tableToIPC(new Table({ i: makeVector(Int32Array.of(1, 2)) }), 'file'));
    const runs = join(__dirname, 'fixtures/plain.arrow');
    const suite = suiteOf([
      { type: 'custom_sql', sql: 'FROM dataset WHERE i = 2' },
      { type: 'row_count', min: 2 },
    ]);
    const answered = await checkFiles({ files: [path, path], suite });
    expect(answered.checks[0]).toMatchObject({
      status: 'fail',
      failing: 2,
      total: 4,
      examples: [{ value: { i: 2 } }, {}],
    });
    const { checks } = await checkFiles({ files: [runs], suite });
    expect(checks.map(({ status }) => status)).toEqual(['error', 'pass']);
    expect(checks[0]!.message).toContain('plain.arrow as arrow: Unrecognized type: "RunEndEncoded"');
  });

  it('takes integers beyond 2^53 as they are, and no text or date for a number', async () => {
    const queries = [
      '9007199254740993',
      '9007199254740992',
      '123456789012345678901234567890',
      `'5'`,
      `DATE '2001-01-01'`,
    ];
    const limited = { type: 'custom_sql' as const, max: 2 ** 53 };
    const suite = suiteOf(queries.map((value) => ({ ...limited, sql: `SELECT ${value}` })));
    const { checks } = await checkFiles({ files: [FLIGHTS], suite });
    expect(checks.map(({ status, observed, message }) => [status, observed ?? message])).toEqual([
      ['fail', '9007199254740993'],
      ['pass', '9007199254740992'],
      ['fail', '123456789012345678901234567890'],
      ['error', 'the query gives no single number'],
      ['error', 'the query gives no single number'],
    ]);
  });
});
