import { writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Float64, RecordBatchStreamWriter, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { checkFiles, mergeProfiles, profileFiles, quantileOf } from '../../../engine/quality/index';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const suite = suiteOf([
  { type: 'row_count', min: 4, max: 4 },
  { type: 'not_null', column: 'x' },
  { type: 'between', column: 'x', min: 0, max: 10 },
  { type: 'in_set', column: 's', set: ['a', 'b'] },
]);
const COUNTS = [0, 1, 1, 1];

describe('forms of input', () => {
  const table = new Table({
    x: vectorFromArray([1, null, 20, 3], new Float64()),
    s: vectorFromArray(['a', 'b', 'c', 'a'], new Utf8()),
  });
  const failing = async (file: string, input?: Readable) => {
    const { checks } = await checkFiles({ files: [file], suite, input });
    return checks.map((check) => check.failing);
  };

  test('an Arrow file, an Arrow stream, CSV and NDJSON give the same counts', async () => {
    const write = async (name: string, content: string | Uint8Array) => {
      await writeFile(folder.path(name), content);
      return folder.path(name);
    };
    const files = await Promise.all([
      write('file.arrow', tableToIPC(table, 'file')),
      write('stream.arrows', tableToIPC(table, 'stream')),
      write('rows.csv', 'x,s\n1,a\n,b\n20,c\n3,a\n'),
      write('rows.ndjson', '{"x":1,"s":"a"}\n{"x":null,"s":"b"}\n{"x":20,"s":"c"}\n{"x":3,"s":"a"}\n'),
    ]);
    for (const file of files) expect(await failing(file)).toEqual(COUNTS);
  });

  test('the standard input is told apart by its first bytes', async () => {
    expect(await failing('-', Readable.from(['x,s\n1,a\n,b\n20,c\n3,a\n']))).toEqual(COUNTS);
    expect(await failing('-', Readable.from([Buffer.from(tableToIPC(table, 'stream'))]))).toEqual(COUNTS);
    const writer = RecordBatchStreamWriter.writeAll(table.batches);
    expect(await failing('-', Readable.from([Buffer.from(writer.toUint8Array(true))]))).toEqual(COUNTS);
  });

  test('a text that is no table is an error of the file', async () => {
    await writeFile(folder.path('broken.ndjson'), '{"x": 1}\n{"x": ');
    await expect(checkFiles({ files: [folder.path('broken.ndjson')], suite })).rejects.toMatchObject({
      code: 'SOURCE_UNREADABLE',
    });
  });
});

describe('Parquet as it is written in the wild', () => {
  const ROWS = `
    SELECT id, CASE WHEN id % 7 <> 0 THEN 'word ' || (id % 50) END AS word, 'text ' || id AS text,
      CASE WHEN id % 3 <> 0 THEN (id * 1.5)::DOUBLE END AS real, id % 2 = 0 AS even, [id] AS list, {'a': id} AS record
    FROM range(30000) AS t(id) ORDER BY id`;
  const wild = suiteOf(
    [
      { type: 'regex', column: 'word', pattern: '[0-8]$' },
      { type: 'regex', column: 'text', pattern: '[0-8]$' },
      { type: 'between', column: 'real', max: 30_000 },
      { type: 'in_set', column: 'even', set: [true] },
      { type: 'unique', columns: ['word', 'even'] },
      { type: 'not_null', column: 'list' },
      { type: 'aggregate', column: 'real', metric: 'sum', min: 0 },
    ],
    ['id'],
  );

  test.each([
    ', COMPRESSION uncompressed',
    ', COMPRESSION snappy',
    ', COMPRESSION gzip',
    ', COMPRESSION zstd, ROW_GROUP_SIZE 5000',
    ', COMPRESSION lz4_raw',
    ', PARQUET_VERSION v2',
  ])('%s', async (options) => {
    const file = await folder.write(ROWS, options);
    const reports = await Promise.all([
      checkFiles({ files: [file], suite: wild }),
      checkFiles({ files: [file], suite: wild, fullScan: true, threads: 2 }),
    ]);
    for (const { checks } of reports) {
      expect(checks.map((check) => [check.failing, check.total])).toEqual([
        [2572, 25_714],
        [3000, 30_000],
        [6666, 20_000],
        [15_000, 30_000],
        [25_664, 25_714],
        [0, 30_000],
        [0, 20_000],
      ]);
      expect(checks[2]!.examples[0]).toEqual({ row: 20_002, value: 30_003, keys: { id: 20_002 } });
      expect(checks[6]!.observed).toBe(450_000_000);
    }
  });
});

describe('profiles', () => {
  const query = (from: number, to: number) => `
    SELECT id, CASE WHEN id % 11 <> 0 THEN (id * 37 % 1000) / 10.0 END AS x, 'k' || (id % 40) AS cat, id % 4 = 0 AS flag,
      CASE WHEN id % 50 = 0 THEN 'NaN'::DOUBLE ELSE id::DOUBLE END AS y, TIMESTAMP '2024-01-01' + INTERVAL 1 MINUTE * id AS at
    FROM range(${from}, ${to}) AS t(id)`;

  test('of parts, merged, equal that of the whole, and survive JSON', async () => {
    const [whole, ...parts] = await Promise.all(
      [query(0, 9000), query(0, 2000), query(2000, 7000), query(7000, 9000)].map((sql) => folder.write(sql)),
    );
    const expected = await profileFiles([whole!]);
    const profiles = await Promise.all(parts.map((part) => profileFiles([part])));
    const merged = (JSON.parse(JSON.stringify(profiles)) as typeof profiles).reduce(mergeProfiles);
    merged.columns.forEach((column, i) => {
      const other = expected.columns[i]!;
      expect({ ...column, moments: null, distribution: null }).toEqual({ ...other, moments: null, distribution: null });
      if (column.moments) {
        expect(column.moments.count).toBe(other.moments!.count);
        expect(column.moments.mean).toBeCloseTo(other.moments!.mean, 9);
        expect(column.moments.m2 / other.moments!.m2).toBeCloseTo(1, 9);
      }
      if (!column.distribution) return;
      for (const q of [0.05, 0.5, 0.95]) {
        const [low, high] = [q - 0.02, q + 0.02].map((near) =>
          quantileOf(other.distribution!, Math.min(1, Math.max(0, near))),
        );
        const value = quantileOf(column.distribution, q);
        expect(value).toBeGreaterThanOrEqual(low!);
        expect(value).toBeLessThanOrEqual(high!);
      }
    });
    const [id, x, cat, flag, y, at] = expected.columns;
    expect(id).toMatchObject({ rows: 9000, nulls: 0, min: 0, max: 8999, moments: { mean: 4499.5 } });
    expect(x).toMatchObject({ nulls: 819, distribution: { rankError: 0 } });
    expect(cat).toMatchObject({ categories: { exact: true, other: 0 }, distinct: { exact: 40 } });
    expect(flag!.categories!.values).toEqual([
      [false, 6750],
      [true, 2250],
    ]);
    expect(y).toMatchObject({ nulls: 0, nans: 180, min: 1, max: 8999 });
    expect(at).toMatchObject({ min: '2024-01-01T00:00:00Z', max: '2024-01-07T05:59:00Z' });
  });
});
