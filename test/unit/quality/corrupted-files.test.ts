import { readFile, writeFile } from 'node:fs/promises';
import { Dictionary, Float64, Int32, Int64, Table, tableToIPC, Utf8, Utf8View, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { checkFiles } from '../../../engine/quality/index';
import { createScanPool, type ScanPool } from '../../../engine/quality/scan-pool';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const ROWS = 2000;
const FLAT = `
  SELECT id, CASE WHEN id % 7 <> 0 THEN 'word ' || (id % 50) END AS word, 'text ' || id AS text,
    CASE WHEN id % 3 <> 0 THEN (id * 1.5)::DOUBLE END AS real, id % 2 = 0 AS even
  FROM range(${ROWS}) AS t(id) ORDER BY id`;
const suite = suiteOf([
  { type: 'row_count', min: ROWS, max: ROWS },
  { type: 'not_null', column: 'real' },
  { type: 'between', column: 'id', max: ROWS },
  { type: 'regex', column: 'word', pattern: '[0-8]$' },
  { type: 'regex', column: 'text', pattern: '[0-8]$' },
  { type: 'in_set', column: 'even', set: [true] },
  { type: 'unique', columns: ['word', 'even'] },
  { type: 'aggregate', column: 'real', metric: 'mean', min: 0 },
]);

let pool: ScanPool;
beforeAll(() => (pool = createScanPool()));
afterAll(() => pool.close());

/** The verdict on these bytes, or the code of the error. On the own thread where that may be, so that nothing hides a crash. */
async function outcomeOf(bytes: Uint8Array, fullScan: boolean, useCaller: boolean): Promise<string> {
  const path = folder.path('corrupted');
  await writeFile(path, bytes);
  return checkFiles({ files: [path], suite, fullScan, threads: 1, useCaller, pool }).then(
    ({ verdict }) => verdict,
    (error: Error & { code?: string }) =>
      error.code === undefined || error.code === 'INTERNAL'
        ? String((error.cause as Error | undefined)?.stack ?? error.stack)
        : error.code,
  );
}

// Where a byte of a name changes, a check has no column.
const ALLOWED = ['pass', 'warn', 'fail', 'error', 'SOURCE_UNREADABLE', 'SOURCE_EMPTY'];

interface Form {
  form: string;
  bytes: () => Promise<Uint8Array>;
  runs: number;
  /** By default the own thread is used where that may be. */
  useCaller?: boolean;
}
const parquet =
  (options: string, query = FLAT) =>
  async () =>
    readFile(await folder.write(query, options));
const arrow = (kind: 'file' | 'stream') => () => {
  const ids = Array.from({ length: ROWS }, (_, i) => i);
  const table = new Table({
    id: vectorFromArray(ids.map(BigInt), new Int64()),
    word: vectorFromArray(
      ids.map((id) => (id % 7 === 0 ? null : `word ${id % 50}`)),
      new Dictionary(new Utf8(), new Int32()),
    ),
    text: vectorFromArray(
      ids.map((id) => `text ${id}, which is long enough for a view`),
      new Utf8View(),
    ),
    real: vectorFromArray(
      ids.map((id) => (id % 3 === 0 ? null : id * 1.5)),
      new Float64(),
    ),
    even: vectorFromArray(ids.map((id) => id % 2 === 0)),
  });
  return Promise.resolve(tableToIPC(table, kind));
};
const FORMS: Form[] = [
  { form: 'Parquet, Snappy', bytes: parquet(', COMPRESSION snappy, ROW_GROUP_SIZE 2048'), runs: 150 },
  { form: 'Parquet, not compressed', bytes: parquet(', COMPRESSION uncompressed'), runs: 150 },
  { form: 'Parquet, Zstandard', bytes: parquet(', COMPRESSION zstd'), runs: 15, useCaller: false },
  { form: 'Parquet, gzip, pages of version 2', bytes: parquet(', COMPRESSION gzip, PARQUET_VERSION v2'), runs: 10 },
  {
    form: 'Parquet that the general decoder reads',
    bytes: parquet(
      '',
      FLAT.replace(
        'id % 2 = 0 AS even',
        `id % 2 = 0 AS even, [id, id] AS list, {'a': {'b': [id]}} AS nested, id::DECIMAL(20, 2) AS d`,
      ),
    ),
    runs: 15,
  },
  { form: 'an Arrow file', bytes: arrow('file'), runs: 100 },
  { form: 'an Arrow stream', bytes: arrow('stream'), runs: 100 },
];

describe.each(FORMS)('$form', ({ bytes, runs, useCaller = true }) => {
  let good: Uint8Array;
  beforeAll(async () => (good = await bytes()));

  /** Positions, of which many are near the ends, where the metadata are. */
  const position = () =>
    fc.oneof(
      fc.nat(good.length - 1),
      fc.nat(Math.min(300, good.length - 1)),
      fc.nat(Math.min(1500, good.length - 1)).map((back) => good.length - 1 - back),
    );

  test('is read where nothing is wrong', async () => {
    expect(await outcomeOf(good, true, useCaller)).toBe('fail');
  });

  test('cut off at any byte is refused, or judged by what is there', async () => {
    await fc.assert(
      fc.asyncProperty(position(), async (at) => {
        expect(ALLOWED).toContain(await outcomeOf(good.subarray(0, at), true, useCaller));
      }),
      { numRuns: Math.ceil(runs / 3) },
    );
  });

  test('with bytes changed at random is refused, or judged', async () => {
    const change = fc.tuple(position(), fc.integer({ min: 1, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), fc.boolean(), async (changes, fullScan) => {
        const broken = Uint8Array.from(good);
        for (const [at, mask] of changes) broken[at]! ^= mask;
        expect(ALLOWED).toContain(await outcomeOf(broken, fullScan, useCaller));
      }),
      { numRuns: runs },
    );
  });
});
