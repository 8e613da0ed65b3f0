import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { Int32, List, Field, Table, tableToIPC, vectorFromArray } from 'apache-arrow';
import { checkFiles } from '../../../engine/quality/index';
import type { Preparing } from '../../../engine/quality/sources/prepare-files';
import { crc32 } from '../../../engine/quality/parquet/crc32';
import { forgedParquet, PHYSICAL } from './forged-parquet';
import { suiteOf, withParquetFolder } from './quality-fixtures';

type CheckInput = Parameters<typeof suiteOf>[0][number];
const folder = withParquetFolder();

async function resultsIn(file: string, ...checks: CheckInput[]) {
  const report = await checkFiles({ files: [file], suite: suiteOf(checks), threads: 1 });
  return report.checks;
}

async function written(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(folder.path(name), content);
  return folder.path(name);
}

describe('columns with odd names', () => {
  test.each(['größe', '日本', '😀', 'a.b'])(
    '%s is read where it holds lists, beside one whose name goes on',
    async (name) => {
      const file = await folder.write(`
      SELECT CASE WHEN i <> 1 THEN [i] END AS "${name}", {'x': i} AS "${name}2", i AS k FROM range(3) t(i)`);
      const checks = await resultsIn(
        file,
        { type: 'not_null', column: name },
        { type: 'not_null', column: `${name}2` },
      );
      expect(checks.map(({ failing, total }) => [failing, total])).toEqual([
        [1, 3],
        [0, 3],
      ]);
    },
  );

  test('a column without a name can be checked and be part of a filter', async () => {
    const body = Buffer.from(BigInt64Array.of(1n, 2n, 3n).buffer);
    const column = { name: '', physical: PHYSICAL.INT64, pages: [{ body, values: 3 }] };
    const file = await written('unnamed.parquet', forgedParquet(3, [column]));
    const [all, some] = await resultsIn(
      file,
      { type: 'between', column: '', max: 2 },
      { type: 'row_count', max: 9, where: '"" > 1' },
    );
    expect([all!.failing, some!.observed]).toEqual([1, 2]);
  });
});

test.each(['parquet', 'arrow'])(
  'keys of lists in %s are counted on the disk, by columns whose names differ in case alone',
  async (format) => {
    const { Table: WasmTable, writeParquet } = await import('parquet-wasm');
    const lists = vectorFromArray([[1], [1], [2]], new List(new Field('item', new Int32(), true)));
    const table = new Table({ a: lists, A: vectorFromArray([1, 2, 3], new Int32()) });
    const bytes =
      format === 'arrow'
        ? tableToIPC(table, 'file')
        : writeParquet(WasmTable.fromIPCStream(tableToIPC(table, 'stream')));
    const file = await written(`case.${format}`, bytes);
    const checks = await resultsIn(file, { type: 'unique', column: 'a' }, { type: 'unique', columns: ['a', 'A'] });
    expect(checks.map(({ failing, total }) => [failing, total])).toEqual([
      [1, 3],
      [0, 3],
    ]);
  },
);

describe('rows of lists, maps and structs', () => {
  const CHECKS: CheckInput[] = [
    { type: 'duplicate_rows', max: 1 },
    { type: 'unique', column: 'l' },
  ];

  test('repeated rows of Parquet and NDJSON are counted', async () => {
    const parquet = await folder.write(
      `SELECT * FROM (VALUES ([1, 2], {'x': 1}), ([1, 2], {'x': 1}), ([1], {'x': 1}), (NULL, NULL), (NULL, NULL)) t(l, s)`,
    );
    expect(await resultsIn(parquet, ...CHECKS)).toMatchObject([
      { status: 'fail', failing: 2, total: 5 },
      { status: 'fail', failing: 1, total: 3 },
    ]);
    const ndjson = await written('nested.ndjson', '{"l":[1,2]}\n{"l":[1,2]}\n{"l":[2]}\n');
    expect(await resultsIn(ndjson, ...CHECKS)).toMatchObject([
      { status: 'pass', failing: 1, total: 3 },
      { status: 'fail', failing: 1, total: 3 },
    ]);
  });

  test('in Arrow IPC they are counted too, but not where a filter is to be applied', async () => {
    const lists = vectorFromArray([[1], [1]], new List(new Field('item', new Int32())));
    const file = await written('nested.arrow', tableToIPC(new Table({ l: lists }), 'file'));
    const rows: CheckInput = { type: 'duplicate_rows' };
    const [all, some] = await resultsIn(file, rows, { ...rows, where: 'l is not null' });
    expect(all).toMatchObject({ status: 'fail', observed: 1 });
    expect(some).toMatchObject({ status: 'error', message: expect.stringContaining('only without `where`') as string });
  });
});

describe('checksums of pages', () => {
  const body = Buffer.from(BigInt64Array.of(1n, 2n, 3n).buffer);
  const fileWith = (checksum: number) =>
    forgedParquet(3, [{ name: 'a', physical: PHYSICAL.INT64, pages: [{ body, values: 3, checksum }] }]);

  test('a page that does not have the one its header tells makes the file unreadable', async () => {
    const right = crc32(body) | 0;
    const check: CheckInput = { type: 'between', column: 'a', max: 2 };
    const sound = await written('sound.parquet', fileWith(right));
    expect((await resultsIn(sound, check))[0]).toMatchObject({ failing: 1, total: 3 });
    const altered = await written('altered.parquet', fileWith(right ^ 1));
    await expect(resultsIn(altered, check)).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('checksum') as string,
    });
  });
});

describe('checksums of pages that the general decoder reads', () => {
  test.each([1003, 1042])(
    'the byte of the value %d in a list that changed makes the file unreadable',
    async (value) => {
      const bytes = await readFile(join(__dirname, 'fixtures/checksums.parquet'));
      const check: CheckInput = { type: 'not_null', column: 'list' };
      expect((await resultsIn(await written('lists.parquet', bytes), check))[0]).toMatchObject({
        status: 'pass',
        total: 100,
      });
      bytes[bytes.indexOf(Buffer.from(BigInt64Array.of(BigInt(value)).buffer))]! ^= 1;
      await expect(resultsIn(await written('altered-lists.parquet', bytes), check)).rejects.toMatchObject({
        code: 'SOURCE_UNREADABLE',
        message: expect.stringContaining('checksum') as string,
      });
    },
  );
});

test('a row group of dictionaries without rows passes', async () => {
  const file = join(__dirname, 'fixtures/no-rows.parquet');
  const checks = await resultsIn(
    file,
    { type: 'in_set', column: 'id', set: [1] },
    { type: 'not_null', column: 'list' },
    { type: 'row_count', max: 0 },
  );
  expect(checks.map(({ status, total }) => [status, total])).toEqual([
    ['pass', 0],
    ['pass', 0],
    ['pass', 0],
  ]);
});

describe('a CSV', () => {
  test.each([
    ['from the start', 'a,b\r\n1,"x\r\ny"\n3,z\r4,w'],
    ['after many lines', `a,b\n1,"x\r\ny"\n${'3,z\n'.repeat(100_000)}4,w\r\n`],
  ])('may have lines that end in different ways, %s; what is quoted stays as it is', async (_, content) => {
    const path = await written('ends.csv', content);
    const suite = suiteOf([
      { type: 'in_set', column: 'b', set: ['x\r\ny', 'z', 'w'] },
      { type: 'column_type', column: 'a', dataType: 'integer' },
    ]);
    expect(await checkFiles({ files: [path], suite })).toMatchObject({ verdict: 'pass' });
  });

  test('keeps its names: two of the same are no answer to a check, and those that differ in case are two', async () => {
    const path = await written('names.csv', '\ufeff"a";A;"b;c";"a"\n1;2;3;4\n');
    const suite = suiteOf([
      { type: 'not_null', column: 'a' },
      { type: 'comparison', column: 'A', operator: 'eq', value: 2 },
      { type: 'not_null', column: 'b;c' },
      { type: 'schema_match', columns: ['a', 'A', 'b;c'] },
    ]);
    const { checks } = await checkFiles({ files: [path], suite });
    expect(checks.map(({ status }) => status)).toEqual(['error', 'pass', 'pass', 'pass']);
    expect(checks[0]!.message).toBe('there are several columns "a"');
  });

  test.each(['utf-16le', 'utf-16be'] as const)('in %s with its mark is decoded', async (encoding) => {
    const bytes = Buffer.from('\ufeffa\tb\n1\té\n', 'utf16le');
    const path = await written(`${encoding}.csv`, encoding === 'utf-16le' ? bytes : bytes.swap16());
    const suite = suiteOf([{ type: 'in_set', column: 'b', set: ['é'] }]);
    expect(await checkFiles({ files: [path], suite })).toMatchObject({ verdict: 'pass', rows: 1 });
  });

  test.each(['\n', '\r\n\r\n', '\n\n\n'])('of empty lines alone has no rows and no columns: %j', async (content) => {
    const path = await written('blank.csv', content);
    const checking = checkFiles({ files: [path], suite: suiteOf([{ type: 'row_count', min: 0 }]) });
    await expect(checking).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('nothing but empty lines') as string,
    });
  });

  test('may have 10,000 columns', async () => {
    const path = folder.path('wide.csv');
    const line = (value: (i: number) => string) => `${Array.from({ length: 10_000 }, (_, i) => value(i)).join()}\n`;
    await writeFile(path, line((i) => `c${i}`) + line((i) => (i % 3 === 0 ? 't' : '1')).repeat(3));
    const suite = suiteOf([{ type: 'column_count', min: 10_000 }, { type: 'rows_complete' }]);
    expect(await checkFiles({ files: [path], suite })).toMatchObject({ verdict: 'pass', rows: 3 });
  }, 60_000);
});

test('the standard input is called so in messages, and can be read but once', async () => {
  const suite = suiteOf([{ type: 'row_count', min: 1 }]);
  const empty = checkFiles({ files: ['-'], suite, input: Readable.from([]) });
  await expect(empty).rejects.toMatchObject({ code: 'SOURCE_EMPTY', message: 'the standard input has no bytes' });
  await expect(checkFiles({ files: ['-', '-'], suite })).rejects.toMatchObject({ code: 'INPUT_INVALID' });
});

describe('decimals that are stored as integers', () => {
  test.each(['uncompressed', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4_raw'])(
    'are right in pages of %s',
    async (codec) => {
      const query = `SELECT (i / 4.0)::DECIMAL(9, 2) AS short, (i * 1000003)::DECIMAL(18, 3) AS long FROM range(40) t(i)`;
      const file = await folder.write(query, `, COMPRESSION ${codec}`);
      const [short, long] = await resultsIn(
        file,
        { type: 'aggregate', column: 'short', metric: 'sum', max: 1e9 },
        { type: 'aggregate', column: 'long', metric: 'max', max: 1e9 },
      );
      expect([short!.observed, long!.observed]).toEqual(['195.00', '39000117.000']);
    },
  );
});

describe('deviations of large numbers that lie close together', () => {
  test.each(['csv', 'parquet'])('are right in %s', async (form) => {
    const values = Array.from({ length: 500 }, (_, i) => ((i * 7919) % 19) - 9);
    const text = values.map((value) => 10 ** 15 + value);
    const file =
      form === 'csv'
        ? await written('large.csv', `a\n${text.join('\n')}\n`)
        : await folder.write(`SELECT unnest([${text.join(', ')}])::DOUBLE AS a`, ', ROW_GROUP_SIZE 2048');
    const [check] = await resultsIn(file, { type: 'aggregate', column: 'a', metric: 'variance', max: 1e6 });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
    expect(Number(check!.observed) / variance).toBeCloseTo(1, 11);
  });
});

test('encrypted Parquet is called so, whether its footer is encrypted or a column alone', async () => {
  const column = join(__dirname, 'fixtures/encrypted.parquet');
  const length = Buffer.from(Uint32Array.of(8).buffer);
  const whole = await written('whole', Buffer.concat([Buffer.from('PARE........'), length, Buffer.from('PARE')]));
  for (const file of [column, whole]) {
    await expect(resultsIn(file, { type: 'row_count', min: 1 })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
      message: expect.stringContaining('it is encrypted') as string,
    });
  }
});

test('the time of a check is that of making its files readable too, which is told while it lasts', async () => {
  const suite = suiteOf([{ type: 'row_count', min: 1 }]);
  const input = new PassThrough();
  const told: Preparing[] = [];
  const onPreparing = (preparing: Preparing) => {
    told.push(preparing);
    if (told.length === 2) input.end('a\n1\n');
  };
  const report = await checkFiles({ files: ['-'], suite, input, onPreparing });
  expect(told.slice(0, 2)).toEqual([1, 2].map(() => ({ file: 'the standard input', percent: null })));
  expect(report.durationMs).toBeGreaterThan(300);
  const file = await folder.write('SELECT 1 AS a');
  const before = performance.now() - 60_000;
  expect((await checkFiles({ files: [file], suite, startedMs: before })).durationMs).toBeGreaterThan(60_000);
});
