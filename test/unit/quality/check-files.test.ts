import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { checkFiles } from '../../../engine/quality/index';
import { packageRoot } from '../../../engine/threads';
import { qualityReportSchema } from '../../../schemas/quality-report';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const FLIGHTS = join(packageRoot(__filename), 'node_modules/vega-datasets/data/flights-3m.parquet');

describe('checkFiles', () => {
  test('judges three million flights by twelve checks', async () => {
    const progress: number[] = [];
    const report = await checkFiles({
      files: [FLIGHTS],
      suite: suiteOf([
        { type: 'row_count', min: 3_000_000, max: 3_000_000 },
        { type: 'not_null', column: 'date' },
        { type: 'not_null', column: 'delay' },
        { type: 'not_null', column: 'origin' },
        { type: 'between', column: 'delay', min: -60, max: 600, mostly: 0.99 },
        { type: 'between', column: 'delay', min: -1116, max: 1688 },
        { type: 'between', column: 'date', min: '2001-01-01', max: '2001-07-01' },
        { type: 'in_set', column: 'destination', set: ['JFK', 'LAX', 'ATL'], severity: 'warn' },
        { type: 'in_set', column: 'delay', set: [0, 1, 2], severity: 'info' },
        { type: 'regex', column: 'origin', pattern: '^[A-Z]{3}$' },
        { type: 'regex', column: 'destination', pattern: '^[A-Z]{3}$' },
        { type: 'freshness', column: 'date', maxAgeSeconds: 86_400 },
      ]),
      window: { key: '2001', end: '2001-07-01T00:00:00Z' },
      onProgress: (rows) => progress.push(rows),
    });
    expect(qualityReportSchema.parse(report)).toEqual(report);
    expect(report.verdict).toBe('warn');
    expect(report.checks.map(({ failing }) => failing)).toEqual([0, 0, 0, 0, 414, 0, 0, 2729396, 2737790, 0, 0, 0]);
    expect(progress.at(-1)).toBe(3_000_000);
    expect([...progress].sort((a, b) => a - b)).toEqual(progress);
  });

  test.each([
    ['Arrow IPC', join(__dirname, 'fixtures', 'plain.arrow'), false],
    ['a full scan of Parquet', FLIGHTS, true],
  ])('%s: where no check can run the report says why', async (_, file, fullScan) => {
    const suite = suiteOf([{ type: 'not_null', column: 'nothing' }]);
    const { verdict, rows, checks } = await checkFiles({ files: [file], suite, fullScan });
    expect(verdict).toBe('error');
    expect(rows).toBeGreaterThan(0);
    expect(checks).toMatchObject([{ status: 'error', message: expect.stringContaining('no column') as string }]);
  });

  test('the calling thread takes a share if it may, answers as the others do, and can be interrupted', async () => {
    const file = await folder.write(
      `SELECT id, 'x' || id AS s FROM range(400000) AS t(id) ORDER BY id`,
      ', ROW_GROUP_SIZE 50000',
    );
    const suite = suiteOf([
      { type: 'between', column: 'id', max: 399_989 },
      { type: 'regex', column: 's', pattern: '[0-8]$' },
    ]);
    const how = { files: [file], suite, fullScan: true };
    const [alone, shared, others] = await Promise.all([
      checkFiles({ ...how, threads: 1, useCaller: true }),
      checkFiles({ ...how, threads: 2, useCaller: true }),
      checkFiles({ ...how, threads: 2 }),
    ]);
    expect(alone.checks.map(({ failing }) => failing)).toEqual([10, 40_000]);
    expect(shared.checks).toEqual(alone.checks);
    expect(others.checks).toEqual(alone.checks);
    const controller = new AbortController();
    const reason = new Error('enough');
    // Neither timers nor signals would have a turn if the scan kept the thread to itself.
    const onProgress = () => void setImmediate(() => controller.abort(reason));
    await expect(
      checkFiles({ ...how, threads: 1, useCaller: true, signal: controller.signal, onProgress }),
    ).rejects.toBe(reason);
  });

  test('takes several files as one dataset and says in which of them a row is', async () => {
    const files = await Promise.all([
      folder.write('SELECT 1 AS a, 5 AS b UNION ALL SELECT 2, 6'),
      folder.write('SELECT 2::INTEGER AS a'),
    ]);
    const suite = suiteOf([
      { type: 'unique', columns: ['a'] },
      { type: 'between', column: 'a', max: 1 },
      { type: 'not_null', column: 'b' },
      { type: 'row_count', min: 3 },
    ]);
    const { checks, rows, verdict } = await checkFiles({ files, suite });
    expect(rows).toBe(3);
    expect(checks[0]).toMatchObject({ status: 'fail', failing: 1, total: 3 });
    expect(checks[1]!.examples).toEqual([
      { row: 1, file: expect.stringMatching(/^\d+\.parquet$/), value: 2 },
      { row: 0, file: expect.stringMatching(/^\d+\.parquet$/), value: 2 },
    ]);
    expect(checks[2]).toMatchObject({ status: 'error', message: expect.stringContaining('"b"') });
    expect(checks[3]).toMatchObject({ status: 'pass' });
    expect(verdict).toBe('error');
  });

  test('files of one schema are judged as one, and each numbers its rows from 0', async () => {
    const files = [
      await folder.write('SELECT 1 AS a UNION ALL SELECT 2'),
      await folder.write('SELECT 3 AS a UNION ALL SELECT 1'),
    ];
    const suite = suiteOf([
      { type: 'unique', columns: ['a'] },
      { type: 'between', column: 'a', max: 2 },
    ]);
    const { checks, rows } = await checkFiles({ files, suite });
    expect(rows).toBe(4);
    expect(checks[0]).toMatchObject({
      failing: 1,
      total: 4,
      examples: [{ row: 1, file: basename(files[1]!), value: 1 }],
    });
    expect(checks[1]).toMatchObject({
      failing: 1,
      total: 4,
      examples: [{ row: 0, file: basename(files[1]!), value: 3 }],
    });
  });

  test('refuses to compare unique keys of two types', async () => {
    const files = [await folder.write(`SELECT 1 AS a`), await folder.write(`SELECT 'x' AS a`)];
    const { checks } = await checkFiles({ files, suite: suiteOf([{ type: 'unique', columns: ['a'] }]) });
    expect(checks[0]).toMatchObject({ status: 'error' });
  });

  test('without rows, checks of rows pass on a total of 0, freshness fails', async () => {
    const file = await folder.write(`SELECT 1 AS a, 'x' AS s, TIMESTAMP '2001-01-01' AS t WHERE false`);
    const suite = suiteOf([
      { type: 'not_null', column: 'a' },
      { type: 'between', column: 'a', min: 5 },
      { type: 'in_set', column: 's', set: ['y'] },
      { type: 'regex', column: 's', pattern: 'y' },
      { type: 'unique', columns: ['a', 's'] },
      { type: 'row_count', min: 0 },
      { type: 'row_count', min: 1 },
      { type: 'freshness', column: 't', maxAgeSeconds: 1 },
    ]);
    const { checks, rows } = await checkFiles({ files: [file], suite });
    expect(rows).toBe(0);
    expect(checks.map(({ status }) => status)).toEqual([
      'pass',
      'pass',
      'pass',
      'pass',
      'pass',
      'pass',
      'fail',
      'fail',
    ]);
    expect(checks.every(({ total, failing }) => total === 0 && failing === 0)).toBe(true);
  });

  test('reads large row groups batch by batch with the same outcome', async () => {
    const file = await folder.write(
      `SELECT id, id * 7 AS a, hash(id) AS h, repeat('x', 40) || id AS s FROM range(600000) AS t(id)`,
      `, ROW_GROUP_SIZE 600000, COMPRESSION zstd`,
    );
    const { checks } = await checkFiles({
      files: [file],
      suite: suiteOf([
        { type: 'unique', columns: ['id'] },
        { type: 'between', column: 'a', max: 4_199_986 },
        { type: 'regex', column: 's', pattern: '[0-8]$' },
      ]),
    });
    expect(checks.map(({ failing }) => failing)).toEqual([0, 1, 60_000]);
    expect(checks[1]!.examples).toEqual([{ row: 599_999, value: 4_199_993 }]);
  });

  test('fails at once where the suite is wrong, by path', async () => {
    const file = await folder.write('SELECT 1 AS alpha');
    const pattern = suiteOf([{ type: 'regex', column: 'a', pattern: '(' }]);
    await expect(checkFiles({ files: [file], suite: pattern })).rejects.toMatchObject({
      code: 'SUITE_INVALID',
      problems: [{ path: 'checks[0].pattern' }],
    });
    const key = suiteOf([{ type: 'not_null', column: 'alpha' }], ['alfa']);
    await expect(checkFiles({ files: [file], suite: key })).rejects.toMatchObject({
      code: 'SUITE_INVALID',
      problems: [{ path: 'keyColumns[0]', message: expect.stringContaining('alpha') }],
    });
  });

  test('ends with the signal’s reason when it is aborted', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const suite = suiteOf([{ type: 'unique', columns: ['date', 'origin', 'destination', 'delay'] }]);
    const scan = checkFiles({
      files: [FLIGHTS],
      suite,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });
    await expect(scan).rejects.toBe(reason);
    await expect(checkFiles({ files: [FLIGHTS], suite, signal: controller.signal })).rejects.toBe(reason);
  });
});

describe('files that cannot be read', () => {
  const suite = suiteOf([{ type: 'not_null', column: 'a' }]);
  const code = (path: string) =>
    checkFiles({ files: [path], suite, fullScan: true }).then(
      () => 'a report',
      (error: { code: string }) => error.code,
    );

  test('a missing, an empty and a foreign file each have their code', async () => {
    const [empty, foreign] = [folder.path('empty.parquet'), folder.path('foreign.parquet')];
    await writeFile(empty, '');
    await writeFile(foreign, 'a,b\n1,2\n'.repeat(1000));
    expect(await code(folder.path('none.parquet'))).toBe('SOURCE_NOT_FOUND');
    expect(await code(empty)).toBe('SOURCE_EMPTY');
    expect(await code(foreign)).toBe('SOURCE_UNREADABLE');
    expect(await code(folder.path('.'))).toBe('SOURCE_UNREADABLE');
  });

  test('damage in the pages, the footer and the length of a file is an error of the file, not of the process', async () => {
    const good = await readFile(await folder.write(`SELECT id AS a, 'text ' || id AS s FROM range(20000) AS t(id)`));
    const damaged = (name: string, change: (bytes: Buffer) => Buffer) => {
      const path = folder.path(name);
      return writeFile(path, change(Buffer.from(good))).then(() => path);
    };
    const files = await Promise.all([
      damaged('half.parquet', (bytes) => bytes.subarray(0, bytes.length / 2)),
      damaged('no-tail.parquet', (bytes) => bytes.subarray(0, bytes.length - 4)),
      damaged('pages.parquet', (bytes) => bytes.fill(0x5a, 4, bytes.length / 2)),
      damaged('zeros.parquet', (bytes) => bytes.fill(0, 4, bytes.length / 2)),
      damaged('footer.parquet', (bytes) => bytes.fill(0x5a, bytes.length - 200, bytes.length - 8)),
      damaged('length.parquet', (bytes) => bytes.fill(0xff, bytes.length - 8, bytes.length - 4)),
    ]);
    const codes: string[] = [];
    for (const file of files) codes.push(await code(file));
    expect(codes).toEqual(files.map(() => 'SOURCE_UNREADABLE'));
  });
});
