import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { checkFiles } from '../../../engine/quality/index';
import {
  CODEC,
  forgedParquet,
  PHYSICAL,
  RLE_DICTIONARY,
  snappyBomb,
  zeroCodes,
  zstandardBomb,
  type ForgedColumn,
} from './forged-parquet';
import { suiteOf, withParquetFolder } from './quality-fixtures';

type CheckInput = Parameters<typeof suiteOf>[0][number];
const folder = withParquetFolder();

/** The checks that look at the column `a` from many sides. */
const ON_A: CheckInput[] = [
  { type: 'row_count', min: 1 },
  { type: 'not_null', column: 'a' },
  { type: 'between', column: 'a', min: 0 },
  { type: 'unique', columns: ['a'] },
];

async function written(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(folder.path(name), content);
  return folder.path(name);
}

interface Outcome {
  /** The verdict, or the code of the error. */
  outcome: string;
  message?: string;
  statuses?: string[];
  peakMb: number;
}

/** What a process of its own with a small heap makes of a file. One that crashes rejects. */
async function inChild(file: string, checks: CheckInput[], useCaller: boolean): Promise<Outcome> {
  const root = resolve(__dirname, '../../..');
  const program = `
    const { checkFiles } = require(${JSON.stringify(join(root, 'dist/engine/quality/index.js'))});
    const [file, suite, useCaller] = process.argv.slice(1).map((text) => JSON.parse(text));
    checkFiles({ files: [file], suite, useCaller, threads: 1, fullScan: true })
      .then(({ verdict, checks }) => ({ outcome: verdict, statuses: checks.map(({ status }) => status) }),
        ({ code, message }) => ({ outcome: String(code), message }))
      .then((found) => console.log(JSON.stringify({ ...found, peakMb: process.resourceUsage().maxRSS / 1024 })));`;
  const argument = [file, suiteOf(checks), useCaller].map((value) => JSON.stringify(value));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-old-space-size=256',
    '-e',
    program,
    ...argument,
  ]);
  return JSON.parse(stdout) as Outcome;
}

const page = (body: Uint8Array, values: number, uncompressed = body.length) => ({ body, values, uncompressed });
const forgedA = (column: Partial<ForgedColumn>, rows: bigint | number = 1) =>
  forgedParquet(rows, [{ name: 'a', physical: PHYSICAL.INT64, pages: [page(Buffer.alloc(8), 1)], ...column }]);
const sameValue = (values: number, name = 'a'): ForgedColumn => ({
  name,
  physical: PHYSICAL.INT64,
  pages: [
    { ...page(Buffer.alloc(8), 1), isDictionary: true },
    { ...page(zeroCodes(values), values), encoding: RLE_DICTIONARY },
  ],
});
const GIB = 2 ** 30;

describe('files of unusual shape', () => {
  test('10,000 columns and a check on each give a verdict', async () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `c${i}`);
    const file = await folder.write(
      `SELECT ${names.map((name, i) => `i + ${i} AS ${name}`).join(', ')} FROM range(3) AS t(i)`,
    );
    const checks = names.map((column): CheckInput => ({ type: 'between', column, min: 0 }));
    const { verdict, checks: results } = await checkFiles({ files: [file], suite: suiteOf(checks), fullScan: true });
    expect({ verdict, results: results.length }).toEqual({ verdict: 'pass', results: 10_000 });
  });

  test('a check on a name that two columns have cannot run; other columns are judged', async () => {
    const columns = ['twice', 'twice', '', 'once'].map((name) => ({
      name,
      physical: PHYSICAL.INT64,
      pages: [page(Buffer.alloc(8), 1)],
    }));
    const file = await written('names.parquet', forgedParquet(1, columns));
    const suite = suiteOf([
      { type: 'not_null', column: 'twice' },
      { type: 'between', column: 'once', max: 0 },
      { type: 'row_count', min: 1 },
    ]);
    const { checks } = await checkFiles({ files: [file], suite, fullScan: true });
    expect(checks.map(({ status }) => status)).toEqual(['error', 'pass', 'pass']);
    expect(checks[0]!.message).toBe('there are several columns "twice"');
  });

  test('lists and structs that are nested sixty deep are judged', async () => {
    let [struct, list] = ['1', '1'];
    for (let i = 0; i < 60; i++) [struct, list] = [`{'a': ${struct}}`, `[${list}]`];
    const file = await folder.write(`SELECT ${struct} AS a, ${list} AS b`);
    const suite = suiteOf([
      { type: 'not_null', column: 'a' },
      { type: 'not_null', column: 'b' },
    ]);
    expect((await checkFiles({ files: [file], suite })).verdict).toBe('pass');
  });
});

describe('files that lie about their size', () => {
  const unreadable: [name: string, reason: string, () => Uint8Array][] = [
    [
      'a footer that claims 2^31 rows where there is one',
      'fewer values in the column a than rows',
      () => forgedA({}, 2 ** 31),
    ],
    ['a footer that claims 2^62 rows', 'metadata is malformed', () => forgedA({}, 2n ** 62n)],
    ['a column of 2^40 bytes', 'past the end', () => forgedA({ chunkBytes: 2n ** 40n })],
    ['a column of 2^62 bytes', 'metadata is malformed', () => forgedA({ chunkBytes: 2n ** 62n })],
    [
      'a page of 2^31 - 1 values in ten bytes',
      'a page is too large',
      () => forgedParquet(2 ** 31 - 1, [sameValue(2 ** 31 - 1)]),
    ],
    [
      'forty pages that together need more than there may be',
      'more than 2 GiB at once',
      () =>
        forgedParquet(
          2 ** 26,
          Array.from({ length: 40 }, (_, i) => sameValue(2 ** 26, `c${i}`)),
        ),
    ],
    [
      'a page that claims to be 2 GiB',
      'a page is too large',
      () => forgedA({ codec: CODEC.snappy, pages: [page(snappyBomb(1000), 1, 2 ** 31 - 1)] }),
    ],
    [
      'gzip that unpacks to 256 MiB where 8 bytes are promised',
      'another length',
      () => forgedA({ codec: CODEC.gzip, pages: [page(gzipSync(Buffer.alloc(256 << 20), { level: 1 }), 1, 8)] }),
    ],
    [
      'Zstandard that unpacks to 4 GiB where 8 bytes are promised',
      'another length',
      () => forgedA({ codec: CODEC.zstd, pages: [page(zstandardBomb(4 * GIB), 1, 8)] }),
    ],
    [
      'Zstandard that unpacks to 4 GiB where 512 MiB are promised',
      'another length',
      () => forgedA({ codec: CODEC.zstd, pages: [page(zstandardBomb(4 * GIB), 1, GIB / 2)] }),
    ],
    [
      'Snappy that unpacks to 256 MiB where 8 bytes are promised',
      'another length',
      () => forgedA({ codec: CODEC.snappy, pages: [page(snappyBomb(256 << 20), 1, 8)] }),
    ],
    [
      'JSON that is nested 100,000 deep',
      'more than 100 deep',
      () => Buffer.from(`${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}\n`),
    ],
    [
      'lists in JSON that are nested 100,000 deep',
      'more than 100 deep',
      () => Buffer.from(`{"a":1}\n{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}\n`),
    ],
    ['one line of CSV of 100 MB', 'CSV Error on Line: 1', () => Buffer.from(`a,b\n${'x'.repeat(100e6)},1\n`)],
  ];
  test('one that does not lie passes', async () => {
    const { checks } = await checkFiles({ files: [await written('honest', forgedA({}))], suite: suiteOf(ON_A) });
    expect(checks.map(({ status }) => status)).toEqual(['pass', 'pass', 'pass', 'pass']);
  });

  test.each(unreadable)('%s: an error, in bounded memory', async (name, reason, bytes) => {
    const file = await written('liar', bytes());
    const columns = name.startsWith('forty') ? Array.from({ length: 40 }, (_, i) => `c${i}`) : ['a'];
    const checks = columns.map((column): CheckInput => ({ type: 'between', column, min: 0 }));
    const found = await inChild(file, checks, true);
    expect(found).toMatchObject({ outcome: 'SOURCE_UNREADABLE', message: expect.stringContaining(reason) as string });
    expect(found.peakMb).toBeLessThan(name.startsWith('forty') ? 3000 : 1024);
  });
});
