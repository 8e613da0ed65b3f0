import { Client } from 'pg';
import { ingestPartition, type DatasetDependencies } from '../../engine/datasets/index.js';
import type { PartitionWindow } from '../../schemas/index.js';
import { findPostgres, startPostgres, type PostgresServer } from '../support/postgres.js';
import { until } from '../support/until.js';
import { ALL, day, ingestStep, openWorkbench, refusal, rowsOf, type Workbench } from '../unit/datasets/workbench.js';

const postgresAddress = (url: string) => {
  const { hostname, port, pathname } = new URL(url);
  return { host: hostname, port: port || '5432', database: pathname.slice(1) };
};

const bin = findPostgres();
const withPostgres = bin === undefined ? describe.skip : describe;

withPostgres('a source in PostgreSQL (skipped where PostgreSQL is not installed)', () => {
  let server: PostgresServer;
  let bench: Workbench;

  beforeAll(async () => {
    server = await startPostgres(bin ?? '');
    await server.run(
      `CREATE TABLE flights AS
         SELECT n::bigint AS id, '2001-01-01T00:00:00Z'::timestamptz + n * interval '1 minute' AS at,
           (n % 7)::smallint AS gate, 'AIRPORT ' || (n % 300) AS origin, n / 3.0::float8 AS delay
         FROM generate_series(0, 199999) AS n`,
      `CREATE TABLE "Odd.names" (
         flag boolean, small smallint, whole integer, big bigint, real4 real, real8 double precision,
         money numeric(12, 2), any_number numeric, wide numeric(60, 2), note text, code char(3), day date, clock time,
         local timestamp, instant timestamptz, id uuid, tags text[], document jsonb, "a ""quoted"" name" text)`,
      `INSERT INTO "Odd.names" VALUES
         (true, -1, 2, 9223372036854775807, 0.1, 0.1, 1234567890.12, 1.5, 2.25, E'a "quote", a comma\\nand a line', 'ab',
          '2001-02-03', '04:05:06.789', '2001-02-03 04:05:06.789', '2001-02-03 04:05:06.789-05',
          'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{a,"b c"}', '{"k": [1, null]}', ''),
         (false, NULL, NULL, NULL, 'NaN', '-Infinity', NULL, NULL, NULL, '\\N', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
         (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, 'infinity', NULL, NULL, NULL, NULL, NULL, NULL, '\\N')`,
      `CREATE TABLE days AS SELECT '2001-01-01'::date + n AS day, n FROM generate_series(0, 9) AS n`,
      `CREATE TABLE local_times AS SELECT '2001-01-01'::timestamp + n * interval '1 hour' AS at FROM generate_series(0, 99) AS n`,
      `CREATE SEQUENCE numbers`,
      `CREATE ROLE stranger LOGIN`,
    );
  });
  afterAll(() => server.close());

  beforeEach(async () => (bench = await openWorkbench()));
  afterEach(async () => {
    expect(await bench.leftovers()).toEqual([]);
    await bench.close();
  });

  const access = (url = server.url()) => ({
    secrets: { get: async () => url },
    s3: () => ({ region: 'us-east-1' }),
  });
  const ingest = (
    source: Record<string, unknown>,
    step: Record<string, unknown> = {},
    { window = ALL, ...deps }: Partial<DatasetDependencies> & { window?: PartitionWindow } = {},
  ) =>
    ingestPartition(
      { ...bench, access: access(), ...deps },
      {
        step: ingestStep({ source: { kind: 'postgres', connection: 'secret:warehouse', ...source }, ...step }),
        window,
      },
    );

  it('says which tables were read, a partition as the table that it is of', async () => {
    await server.run(
      'CREATE TABLE parts (n integer) PARTITION BY RANGE (n)',
      'CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)',
      'CREATE VIEW early AS SELECT * FROM days WHERE n < 3',
    );
    const { host, port, database } = postgresAddress(server.url());
    const named = (...tables: string[]) =>
      tables.map((table) => ({ namespace: `postgres://${host}:${port}`, name: `${database}.public.${table}` }));
    expect((await ingest({ table: 'early' })).sources).toEqual(named('early'));
    const query = 'SELECT d.n FROM early d LEFT JOIN parts p ON p.n = d.n LEFT JOIN "Odd.names" o ON o.whole = d.n';
    expect((await ingest({ query })).sources).toEqual(named('Odd.names', 'days', 'parts'));
    expect((await ingest({ query: 'SELECT 1 AS one' })).sources).toEqual([]);
  });

  it('keeps types and values, and tells null from empty text', async () => {
    const { ref, columns } = await ingest({ query: 'SELECT * FROM "Odd.names"' });
    expect(columns.map(({ name, type }) => `${name}: ${type}`)).toEqual([
      'flag: BOOLEAN',
      'small: SMALLINT',
      'whole: INTEGER',
      'big: BIGINT',
      'real4: FLOAT',
      'real8: DOUBLE',
      'money: DECIMAL(12,2)',
      'any_number: DOUBLE',
      'wide: DOUBLE',
      'note: VARCHAR',
      'code: VARCHAR',
      'day: DATE',
      'clock: TIME',
      'local: TIMESTAMP',
      'instant: TIMESTAMP WITH TIME ZONE',
      'id: UUID',
      'tags: VARCHAR',
      'document: VARCHAR',
      'a "quoted" name: VARCHAR',
    ]);
    const select =
      'flag, big, real4::VARCHAR, real8, money, note, day::VARCHAR, clock::VARCHAR, epoch_us(local), epoch_us(instant), tags, document, "a ""quoted"" name"';
    const micros = String(Date.UTC(2001, 1, 3, 4, 5, 6, 789) * 1000);
    const later = String(Date.UTC(2001, 1, 3, 9, 5, 6, 789) * 1000);
    const none = (count: number) => Array.from({ length: count }, () => null);
    expect(await rowsOf(bench, ref, select)).toEqual([
      [false, null, 'nan', '-Infinity', null, '\\N', ...none(7)],
      [
        true,
        '9223372036854775807',
        '0.1',
        0.1,
        '1234567890.12',
        'a "quote", a comma\nand a line',
        '2001-02-03',
        '04:05:06.789',
        micros,
        later,
        '{a,"b c"}',
        '{"k": [1, null]}',
        '',
      ],
      [null, null, null, null, null, '', 'infinity', ...none(5), '\\N'],
    ]);
  });

  it('has the same version, whatever order the rows come in', async () => {
    const first = await ingest({ table: 'flights' });
    expect(first.ref.rows).toBe(200_000);
    const second = await ingest({ query: 'SELECT * FROM flights ORDER BY id % 1000, id DESC; -- mixed' });
    expect(second.ref).toEqual(first.ref);
  });

  it('keeps rows of one text that is empty, null, or reads like the one or the other', async () => {
    const texts = ["''", 'NULL', "'\\N'", "'\\.'", `'"'`, "' '", "E'\\r'", "E'a\\nb'", "''"];
    const { ref } = await ingest({ query: `VALUES ${texts.map((text) => `(${text})`).join(', ')}` });
    const found = (await rowsOf(bench, ref)).map(([text]) => text);
    expect(found).toEqual(['', '', '\r', ' ', '"', '\\.', '\\N', 'a\nb', null]);
  });

  it('keeps years before Christ, and refuses a time that a dataset version cannot hold', async () => {
    const query = `SELECT '0044-03-15 BC'::date AS day, '0044-03-15 12:00 BC'::timestamp AS local, '0044-03-15 12:00Z BC'::timestamptz AS instant`;
    const { ref } = await ingest({ query });
    expect(await rowsOf(bench, ref, 'year(day), year(local), epoch(instant) = epoch(local)')).toEqual([
      ['-43', '-43', true],
    ]);
    const far = ingest({ query: `SELECT 1 AS id, '294275-01-01'::timestamptz AS at` });
    expect(await refusal(far)).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [{ path: 'columns[1]', message: expect.stringContaining('1 values that are not TIMESTAMP') }],
    });
  });

  it('reads numeric without precision as the type that the step declares', async () => {
    const query =
      'SELECT 12345678901234567890.123456789::numeric AS exact, sum(n) AS total FROM (VALUES (9007199254740993)) AS v(n)';
    const declared = (type: string) => [
      { name: 'exact', type },
      { name: 'total', type: 'BIGINT' },
    ];
    const { ref } = await ingest({ query }, { columns: declared('DECIMAL(38,9)') });
    expect(await rowsOf(bench, ref)).toEqual([['12345678901234567890.123456789', '9007199254740993']]);
    expect(await refusal(ingest({ query }, { columns: declared('DATE') }))).toMatchObject({
      problems: [{ path: 'columns[0]', message: 'exact is DOUBLE, not DATE' }],
    });
    expect(await refusal(ingest({ query }, { columns: declared('DECIMAL(10,2)') }))).toMatchObject({
      problems: [{ path: 'columns[0]', message: expect.stringContaining('1 values that are not DECIMAL(10,2)') }],
    });
  });

  it('takes any name of a column, and refuses two that only capitals tell apart', async () => {
    const { columns } = await ingest({ query: `SELECT 1 AS " sp ", 2 AS "a,b", 3 AS "n\nl", 4 AS "x""y", 5 AS "ü'"` });
    expect(columns.map(({ name }) => name)).toEqual([' sp ', 'a,b', 'n\nl', 'x"y', "ü'"]);
    expect(await refusal(ingest({ query: 'SELECT 1 AS a, 2 AS "A"' }))).toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('two columns named A'),
    });
  });

  it('takes a document of some megabytes within its memory', async () => {
    const query = `SELECT n, repeat('x', 5000000) AS document FROM generate_series(1, 4) AS n`;
    const { ref } = await ingest({ query }, {}, { memoryLimit: '512MB' });
    expect(await rowsOf(bench, ref, 'sum(length(document))')).toEqual([['20000000']]);
  });

  it('sends the rows of the partition alone', async () => {
    const received: string[] = [];
    const { ref } = await ingest(
      { table: 'public.flights' },
      { timeColumn: 'at', columns: [{ name: 'id', type: 'BIGINT' }] },
      { window: day('2001-01-03', 'America/New_York'), onProgress: (message) => received.push(message) },
    );
    // From 05:00 UTC on the third, 53 hours after the first row.
    expect(await rowsOf(bench, ref, 'min(id), max(id), count(*)')).toEqual([['3180', '4619', '1440']]);
    expect(received).toContainEqual(expect.stringMatching(/^received \d\d kB of postgres:warehouse\/public.flights$/));
  });

  it.each([
    ['dates', 'days', 'day', 1],
    ['times without zone, which are in UTC', 'local_times', 'at', 24],
  ])('cuts partitions by %s', async (_, table, timeColumn, rows) => {
    const { ref } = await ingest({ table }, { timeColumn }, { window: day('2001-01-02') });
    expect(ref.rows).toBe(rows);
  });

  it('lets a query see its partition as settings, whose values are never read as SQL', async () => {
    const query = `SELECT current_setting('millrace.partition_key') AS key, current_setting('millrace.partition_start')::timestamptz AS start`;
    const window = { ...day('2001-01-02'), key: `'; DROP TABLE flights; --` };
    const { ref } = await ingest({ query }, {}, { window });
    expect(await rowsOf(bench, ref, 'key, epoch_ms(start)')).toEqual([[window.key, String(Date.UTC(2001, 0, 2))]]);
    expect((await ingest({ table: 'flights' })).ref.rows).toBe(200_000);
  });

  it.each([
    ['a table that is not there', { table: 'nowhere' }, 'SOURCE_NOT_FOUND', /"nowhere" does not exist \(42P01\)/],
    ['a query that is none', { query: 'SELEC 1' }, 'SOURCE_UNREADABLE', /syntax error/],
    ['a query that writes', { query: "SELECT nextval('numbers')" }, 'SOURCE_UNREADABLE', /read-only transaction/],
    [
      'a value that cannot be computed',
      { query: 'SELECT 1 / (id - 5) AS a FROM flights' },
      'SOURCE_UNREADABLE',
      /division by zero/,
    ],
  ])('refuses %s', async (_, source, code, message) => {
    expect(await refusal(ingest(source))).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('lets the server refuse several statements, should the specification not have', async () => {
    const step = ingestStep({ source: { kind: 'postgres', connection: 'secret:warehouse', table: 'flights' } });
    const query = 'SELECT 1) AS a; DROP TABLE flights; SELECT (1';
    const source = { kind: 'postgres' as const, connection: 'secret:warehouse' as const, query };
    const failure = await refusal(
      ingestPartition({ ...bench, access: access() }, { step: { ...step, source }, window: ALL }),
    );
    expect(failure).toMatchObject({ code: 'SOURCE_UNREADABLE', message: expect.stringMatching(/multiple commands/) });
  });

  it('keeps the digits of a numeric without precision', async () => {
    const query = `SELECT sum(big) AS wide, sum(small) AS narrow, sum(huge) AS longer, sum(part) AS parts
      FROM (VALUES (9223372036854775807, 1::bigint, 1e60::numeric, 0.5), (1, 2, 0, 1)) AS t (big, small, huge, part) /* ; */; -- end`;
    const { ref, columns } = await ingest({ query });
    expect(columns.map(({ type }) => type)).toEqual(['DECIMAL(38,0)', 'DOUBLE', 'VARCHAR', 'DOUBLE']);
    expect(await rowsOf(bench, ref, 'wide::VARCHAR, narrow, longer, parts')).toEqual([
      ['9223372036854775808', 3, `1${'0'.repeat(60)}`, 1.5],
    ]);
  });

  it('names the columns that are missing or of another type', async () => {
    const columns = [
      { name: 'id', type: 'INTEGER' },
      { name: 'carrier', type: 'VARCHAR' },
    ];
    expect(await refusal(ingest({ table: 'flights' }, { columns }))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [
        { path: 'columns[0]', message: 'id is BIGINT, not INTEGER' },
        { path: 'columns[1]', message: 'carrier is missing; there is id, at, gate, origin, delay' },
      ],
    });
  });

  it.each([
    ['somebody who may not read', (url: string) => url.replace('millrace:none', 'stranger:none'), 'SOURCE_DENIED'],
    ['somebody who is not known', (url: string) => url.replace('millrace:none', 'nobody-at-all:none'), 'SOURCE_DENIED'],
    ['a database that is not there', (url: string) => url.replace(/postgres$/, 'elsewhere'), 'SOURCE_NOT_FOUND'],
    ['a server that does not answer', (url: string) => url.replace(/:\d+\//, ':1/'), 'SOURCE_UNAVAILABLE'],
  ])('says what is wrong with %s, and never the password', async (_, change, code) => {
    const refused = await refusal(ingest({ table: 'flights' }, {}, { access: access(change(server.url())) }));
    expect(refused).toMatchObject({ code });
    expect(refused.message).not.toContain('none');
  });

  it.each([
    ['emptied', 'TRUNCATE reloaded'],
    ['made anew', 'DROP TABLE reloaded; CREATE TABLE reloaded (id bigint, more text)'],
    [
      'exchanged',
      'CREATE TABLE fresh (id bigint); ALTER TABLE reloaded RENAME TO stale; ALTER TABLE fresh RENAME TO reloaded',
    ],
  ])('waits for who loads a table that was %s, and reads what was loaded', async (_, beginning) => {
    await server.run(
      'DROP TABLE IF EXISTS reloaded, stale',
      'CREATE TABLE reloaded AS SELECT n::bigint AS id FROM generate_series(1, 5) AS n',
    );
    const loader = new Client({ connectionString: server.url() });
    await loader.connect();
    try {
      await loader.query(`BEGIN; ${beginning}`);
      const version = ingest({ query: 'SELECT id FROM reloaded' });
      const waiting = 'SELECT 1 FROM pg_locks WHERE NOT granted';
      await until(async () => (await loader.query(waiting)).rowCount === 1, { seconds: 20 });
      await loader.query('INSERT INTO reloaded SELECT generate_series(6, 8); COMMIT');
      expect(await rowsOf(bench, (await version).ref, 'id')).toEqual([['6'], ['7'], ['8']]);
    } finally {
      await loader.end();
    }
  });

  it('stops with the signal in the middle of a large table', async () => {
    const controller = new AbortController();
    const endless = 'SELECT a.id FROM flights AS a CROSS JOIN flights AS b';
    const onProgress = () => controller.abort(new Error('enough'));
    await expect(ingest({ query: endless }, {}, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
  });
});
