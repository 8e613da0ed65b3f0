import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  datasetFiles,
  ingestPartition,
  readManifest,
  transformDataset,
  type TransformInput,
} from '../../../engine/datasets/index.js';
import { digestOf } from '../../../engine/digest.js';
import type { DatasetVersionRef } from '../../../schemas/index.js';
import { ALL, day, FLIGHTS, ingestStep, openWorkbench, refusal, rowsOf, sql, type Workbench } from './workbench.js';

const FEATURES = `
  SELECT hour(date) AS hour, isodow(date) AS weekday, distance, origin, destination, delay > 15 AS late
  FROM flights WHERE date >= $partition_start AND date < $partition_end;`;

let bench: Workbench;
/** The flights of three days. */
const days: DatasetVersionRef[] = [];

beforeAll(async () => {
  bench = await openWorkbench();
  const step = ingestStep({ source: { kind: 'parquet', path: FLIGHTS }, timeColumn: 'date' });
  for (const key of ['2001-03-01', '2001-03-02', '2001-03-03']) {
    days.push((await ingestPartition(bench, { step, window: day(key) })).ref);
  }
});
afterAll(() => bench.close());
afterEach(async () => expect(await bench.leftovers()).toEqual([]));

function transform(query: string, input: Partial<TransformInput> = {}, deps: Partial<Workbench> = {}) {
  return transformDataset(
    { ...bench, ...deps },
    { sql: query, params: {}, inputs: { flights: days }, window: day('2001-03-01'), dataset: 'features', ...input },
  );
}

describe('transformDataset', () => {
  it('makes the features of one day’s flights', async () => {
    const { ref, columns } = await transform(FEATURES);
    expect(ref).toMatchObject({ dataset: 'features', partition: '2001-03-01', rows: 17005 });
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'hour BIGINT',
      'weekday BIGINT',
      'distance BIGINT',
      'origin VARCHAR',
      'destination VARCHAR',
      'late BOOLEAN',
    ]);
    expect(await rowsOf(bench, ref, 'count(*) FILTER (late), sum(hour), any_value(weekday)')).toEqual(
      await sql(
        `SELECT count(*) FILTER (delay > 15), sum(hour(date)), 4::BIGINT FROM '${FLIGHTS}' WHERE date::DATE = '2001-03-01'`,
      ),
    );
    expect(ref.version).toBe(digestOf(await readManifest(bench.store, ref)).slice(0, 32));
  });

  it('reads an input of several versions in the order of the list', async () => {
    const query = 'SELECT DISTINCT ON (d) date::DATE AS d, row_number() OVER () AS n FROM flights ORDER BY d, n';
    const inOrder = await rowsOf(bench, (await transform(query)).ref);
    const [first, second, third] = days as [DatasetVersionRef, DatasetVersionRef, DatasetVersionRef];
    const reversed = await rowsOf(bench, (await transform(query, { inputs: { flights: [third, second, first] } })).ref);
    expect(inOrder.map(([, n]) => Number(n))).toEqual([1, 1 + first.rows, 1 + first.rows + second.rows]);
    expect(reversed.map(([, n]) => Number(n))).toEqual([1 + third.rows + second.rows, 1 + third.rows, 1]);
  });

  it('joins inputs by the names that the step gives them', async () => {
    const { ref } = await transform('SELECT a.origin FROM monday a SEMI JOIN "Tuesday" b USING (origin)', {
      inputs: { monday: days.slice(0, 1), Tuesday: days.slice(1, 2) },
    });
    expect(ref.rows).toBeGreaterThan(0);
  });

  describe('gives the same rows the same version, whatever order threads find them in', () => {
    it.each([
      'SELECT * FROM flights',
      'SELECT origin, destination, count(*) AS n, max(delay) AS worst FROM flights GROUP BY ALL',
      'SELECT * FROM flights ORDER BY origin',
      'SELECT * FROM flights ORDER BY delay DESC NULLS LAST -- the worst first',
      'SELECT origin FROM flights UNION SELECT destination FROM flights ORDER BY 1 DESC',
      'SELECT * FROM flights ORDER BY ALL',
      'WITH late AS (SELECT * FROM flights WHERE delay > 15) SELECT * FROM late ORDER BY distance, origin;',
      'SELECT date, origin, delay FROM flights ORDER BY ALL LIMIT 100',
    ])('%s', async (query) => {
      const versions = [];
      for (const threads of [1, 2, 3]) versions.push((await transform(query, {}, { threads })).ref.version);
      expect(new Set(versions).size).toBe(1);
    });
  });

  it('keeps the order that the query asks for', async () => {
    const { ref } = await transform('SELECT delay FROM flights ORDER BY delay DESC');
    const delays = (await rowsOf(bench, ref)).map(([delay]) => Number(delay));
    expect(delays).toEqual([...delays].sort((a, b) => b - a));
  });

  it('allows an empty result', async () => {
    const { ref, columns } = await transform('SELECT * FROM flights WHERE false');
    expect(ref.rows).toBe(0);
    expect(columns).toHaveLength(5);
  });

  it('records the types that the file has, not those that the query had', async () => {
    const { columns } = await transform("SELECT DISTINCT '101'::BIT AS bits FROM flights");
    expect(columns).toEqual([{ name: 'bits', type: 'VARCHAR', nullable: true }]);
  });

  it('binds the window’s parameters and the step’s, by type, and only those that are used', async () => {
    const { ref, columns } = await transform(
      `SELECT $partition_key AS key, $partition_start AS start, $partition_end AS "end", $Limit + 1 AS whole,
              $share AS share, $flag AS flag, $text AS text, list_sum($list) AS listed, $half AS half, $object AS object`,
      {
        params: {
          limit: 15,
          share: 0.5,
          flag: true,
          text: "it's",
          list: [1, 2],
          half: [1, null, 0.5],
          object: { a: 1 },
          unused: null,
        },
      },
    );
    expect(columns.map(({ type }) => type).join(' ')).toBe(
      'VARCHAR TIMESTAMP TIMESTAMP BIGINT DOUBLE BOOLEAN VARCHAR BIGINT DOUBLE[] VARCHAR',
    );
    expect(await rowsOf(bench, ref)).toEqual([
      [
        '2001-03-01',
        '2001-03-01 00:00:00',
        '2001-03-02 00:00:00',
        '16',
        0.5,
        true,
        "it's",
        '3',
        [1, null, 0.5],
        '{"a":1}',
      ],
    ]);
  });

  it.each<[string, string, Partial<TransformInput>?]>([
    ['SELECT $limit', '$limit is not a parameter; there is $partition_key'],
    ['SELECT ?', '$1 is not a parameter'],
    ['SELECT $partition_start AS s', '$partition_start has no value: the partition all has no window', { window: ALL }],
    ['SELECT 1 AS a', '$partition_key is the partition’s', { params: { partition_key: 'x' } }],
    ['SELECT 1 AS a; SELECT 2 AS a', 'the query must be one statement and is 2'],
    [
      'PIVOT flights ON origin USING count(*)',
      'must name the values of PIVOT, which become columns: PIVOT … ON column IN (value, …)',
    ],
    ['SELECT * FROM (PIVOT flights ON origin)', 'must name the values of PIVOT'],
    ['', 'the query is empty'],
    [' -- nothing\n;', 'the query is empty'],
    ['SELEKT 1', 'syntax error at or near "SELEKT"'],
    ["SELECT 1 AS a) TO '/tmp/x' --", 'syntax error at or near ")"'],
    ['SELECT * FROM arrivals', 'Table with name arrivals does not exist'],
    ['SELECT carrier FROM flights', 'Referenced column "carrier" not found'],
    ['SELECT origin::INT AS n FROM flights', 'Could not convert string'],
    ['SELECT 1 AS a, 2 AS A', 'two columns are named A'],
    ['CREATE TABLE t AS SELECT 1', 'the query must be a SELECT and is CREATE'],
    ['EXPLAIN SELECT 1', 'the query must be a SELECT and is EXPLAIN'],
    ['SELECT 1 AS a', 'already exists', { inputs: { a: days, A: days } }],
  ])('refuses %j: %s', async (query, message, input = {}) => {
    expect(await refusal(transform(query, input))).toMatchObject({
      code: 'SQL_INVALID',
      message: expect.stringContaining(message),
    });
  });

  it.each(["SELECT ';' AS a; -- done", "SELECT '; --' AS a", 'SELECT 1 AS a;;\n', 'SELECT 1 AS a /* ; */'])(
    'reads the end of %j right',
    async (query) => expect((await transform(query)).ref.rows).toBe(1),
  );

  describe('shows the query its inputs and nothing else of the machine', () => {
    it.each([
      'SELECT * FROM read_csv($file)',
      'SELECT * FROM read_parquet($file)',
      'SELECT * FROM read_json($file)',
      'SELECT * FROM read_text($file)',
      'SELECT * FROM read_blob($file)',
      'SELECT * FROM sniff_csv($file)',
      'SELECT * FROM parquet_metadata($file)',
      'SELECT * FROM glob($file)',
      "SELECT * FROM 'FILE'",
      "SELECT * FROM query('SELECT * FROM read_csv(''FILE'')')",
      "SELECT * FROM read_csv('https://127.0.0.1:1/a.csv')",
      "SELECT * FROM read_parquet('s3://bucket/a.parquet')",
      "SELECT * FROM read_csv(['FILE', 'https://127.0.0.1:1/a.csv'])",
      "COPY flights TO 'FILE.copy'",
      "COPY (SELECT 1) TO 'FILE.copy'",
      "ATTACH 'FILE.db'",
      'INSTALL httpfs',
      'LOAD httpfs',
      "LOAD 'FILE.duckdb_extension'",
      "EXPORT DATABASE 'FILE.export'",
      "IMPORT DATABASE 'FILE.export'",
      'SET enable_external_access = true',
      'SET lock_configuration = false',
      "SET memory_limit = '100GB'",
      "SET allowed_paths = ['FILE']",
      'PRAGMA enable_profiling',
    ])('and refuses %s', async (query) => {
      const file = join(bench.root, 'secret.csv');
      await writeFile(file, 'secret\n1\n');
      const refused = await refusal(transform(query.replace('FILE', file), { params: { file } }));
      expect(refused.code).toBe('SQL_INVALID');
      // Refused for what it does, and not because the test made a mistake in writing it.
      expect(refused.message).toMatch(/disabled (by|through) configuration|must be a SELECT/);
    });

    it.each([
      `SELECT * FROM enable_logging('QueryLog', storage = 'file', storage_config = {'path': 'FILE.log'})`,
      `SELECT (SELECT count(*) FROM system.main."enable_logging"(storage = 'file', storage_path = 'FILE.log')) AS a`,
      `SELECT * FROM query('SELECT * FROM query(''FROM enable_logging(storage = ''''file'''', storage_path = ''''FILE.log'''')'')')`,
      `SELECT * FROM query('FROM enable' || '_logging()')`,
      `SELECT * FROM json_execute_serialized_sql(json_serialize_sql('FROM enable_logging()'))`,
      `PIVOT (SELECT 1 AS a, * FROM enable_logging(storage = 'file', storage_path = 'FILE.log')) ON a IN (1) USING count(*)`,
      'SELECT * FROM checkpoint()',
      'SELECT * FROM enable_profiling()',
    ])('and has no effect: %s', async (query) => {
      const refused = await refusal(transform(query.replaceAll('FILE', join(bench.root, 'file'))));
      expect(refused).toMatchObject({
        code: 'SQL_INVALID',
        message: expect.stringMatching(/no part of a query|may run nothing but/),
      });
    });

    it.each([
      "SELECT current_setting('temp_directory') AS a",
      'SELECT upper(current_query()) AS a',
      'SELECT sql FROM duckdb_views()',
      'SELECT * FROM duckdb_settings()',
      'SELECT * FROM duckdb_databases',
      'SELECT sql FROM system.main.duckdb_views',
      'SELECT definition FROM pg_views',
      'SELECT view_definition FROM information_schema.views',
      'SELECT * FROM "Pragma_Database_List"',
      'SELECT sql FROM SQLITE_MASTER',
      'SELECT 1 AS a WHERE EXISTS (FROM pragma_database_size())',
      "SELECT * FROM query_table('duckdb_views')",
      "SELECT definition FROM query_table(['pg_catalog.pg_views'])",
      "SELECT * FROM query_table('duckdb_' || 'views')",
      "SELECT * FROM query('FROM duckdb_views')",
      'PIVOT (SELECT sql, 1 AS a FROM duckdb_views) ON a IN (1)',
      'PIVOT (SELECT definition, 1 AS a FROM pg_views) ON a IN (1);',
    ])('and tells nothing of the process: %s', async (query) => {
      expect(await refusal(transform(query))).toMatchObject({
        code: 'SQL_INVALID',
        message: expect.stringMatching(/no part of a query|may run nothing but/),
      });
    });

    it('but leaves the names of catalogs to inputs and to the query', async () => {
      const query = `WITH columns AS (FROM pg_views)
        SELECT origin FROM columns UNION ALL SELECT origin FROM query_table(['flights'])`;
      const inputs = { pg_views: days, flights: days };
      const { ref } = await transform(query, { inputs });
      expect(ref.rows).toBe(2 * days.reduce((sum, { rows }) => sum + rows, 0));
    });

    it('also where the query reads other objects of the same store', async () => {
      const [other = ''] = await datasetFiles(bench.store, days[2] as DatasetVersionRef);
      const input = { inputs: { flights: days.slice(0, 1) }, params: { other } };
      expect(await refusal(transform('SELECT * FROM read_parquet($other)', input))).toMatchObject({
        code: 'SQL_INVALID',
        message: expect.stringContaining('disabled by configuration'),
      });
    });
  });

  it('refuses an input without versions, and one whose versions have different columns', async () => {
    expect(await refusal(transform('SELECT 1 AS a', { inputs: { flights: [] } }))).toMatchObject({
      code: 'WINDOW_INCOMPLETE',
    });
    const { ref } = await transform('SELECT 1 AS a');
    expect(await refusal(transform('SELECT 1 AS a', { inputs: { flights: [...days, ref] } }))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [{ path: 'inputs.flights' }],
    });
  });

  it('does not read an input whose bytes have changed', async () => {
    const { ref } = await transform('SELECT 42 AS answer');
    const [file = ''] = await datasetFiles(bench.store, ref);
    await chmod(file, 0o644);
    await writeFile(file, 'other bytes');
    const refused = await refusal(transform('SELECT * FROM answers', { inputs: { answers: [ref] } }));
    expect(refused).toMatchObject({ code: 'OBJECT_CORRUPT' });
    // Who is to restore it finds the version and the file by the message alone.
    for (const part of [`${ref.dataset}/${ref.partition}, version ${ref.version}`, file]) {
      expect(refused.message).toContain(part);
    }
  });

  it('keeps to its memory', async () => {
    const query = 'SELECT list(range) AS all_of_them FROM range(100_000_000)';
    expect(await refusal(transform(query, {}, { memoryLimit: '100MB' }))).toMatchObject({
      code: 'SQL_OUT_OF_MEMORY',
      message: expect.stringContaining('Out of Memory'),
    });
  });

  it('can sort more than fits in its memory', async () => {
    const query = 'SELECT hash(range) AS h, range AS n FROM range(8_000_000)';
    const { ref } = await transform(query, {}, { memoryLimit: '100MB' });
    expect(ref.rows).toBe(8_000_000);
  });

  it('stops in the middle of a long query, with the signal’s reason', async () => {
    const reason = new Error('cancelled');
    const controller = new AbortController();
    const percents: string[] = [];
    const running = transform(
      'SELECT count(*) AS n FROM range(100_000_000) a, range(1000) b WHERE hash(a.range, b.range) % 7 = 3',
      {},
      { signal: controller.signal, onProgress: (message) => percents.push(message) },
    );
    setTimeout(() => controller.abort(reason), 200);
    await expect(running).rejects.toBe(reason);
  });
});
