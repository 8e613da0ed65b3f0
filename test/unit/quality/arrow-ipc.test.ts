import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFiles } from '../../../engine/quality/index';
import { isMillraceError } from '../../../schemas/errors';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const fixture = (name: string) => join(__dirname, 'fixtures', name);
const FILES = ['plain.arrow', 'lz4.arrow', 'zstd.arrows'];

const texts = (column: string) =>
  suiteOf([
    { type: 'in_set', column, set: ['a', 'b', ''], mostly: 0 },
    { type: 'distinct_count', column, min: 0 },
    { type: 'length_between', column, max: 12, mostly: 0 },
    { type: 'not_null', column, mostly: 0, where: `${column} >= 'b'` },
  ]);
const OF_TEXTS = [{ failing: 6, total: 18 }, { observed: 5 }, { failing: 3, total: 18 }, { failing: 0, total: 9 }];

async function checksOf(file: string, suite: ReturnType<typeof suiteOf>) {
  const { checks } = await checkFiles({ files: [file], suite, threads: 1 });
  return checks;
}

describe('Arrow IPC as pyarrow and Polars write it (fixtures/arrow.py)', () => {
  test.each(FILES.flatMap((file) => ['text', 'large', 'view', 'coded'].map((column) => [file, column])))(
    '%s: texts in the column %s',
    async (file, column) => {
      expect(await checksOf(fixture(file), texts(column))).toMatchObject(OF_TEXTS);
    },
  );

  test.each(FILES)('%s: runs, times, decimals, bytes of one length, lists, and no values at all', async (file) => {
    const suite = suiteOf([
      { type: 'in_set', column: 'runs', set: [5], mostly: 0 },
      { type: 'aggregate', metric: 'sum', column: 'runs', min: 0 },
      { type: 'comparison', column: 'time', operator: 'ge', value: '01:00', mostly: 0 },
      { type: 'aggregate', metric: 'max', column: 'time', max: '01:00:00' },
      { type: 'aggregate', metric: 'sum', column: 'decimal', min: -7, max: -7 },
      { type: 'distinct_count', column: 'bytes', min: 2, max: 2 },
      { type: 'not_null', column: 'list', mostly: 0 },
      { type: 'between', column: 'none', min: 1, max: 2 },
      { type: 'row_count', min: 21, max: 21 },
    ]);
    expect(await checksOf(fixture(file), suite)).toMatchObject([
      { failing: 5, total: 18 },
      { observed: 13 * 5 + 4 * 7 + 9 },
      { failing: 7, total: 14 },
      { status: 'pass', observed: '01:00:00' },
      { status: 'pass', observed: '-7.000' },
      { status: 'pass' },
      { failing: 7, total: 21 },
      { status: 'pass', failing: 0, total: 0 },
      { status: 'pass' },
    ]);
  });

  test('a file is shared between threads by its batches', async () => {
    const suite = suiteOf([
      { type: 'row_count', min: 21, max: 21 },
      { type: 'in_set', column: 'coded', set: ['a'], mostly: 0 },
    ]);
    const { checks } = await checkFiles({ files: [fixture('plain.arrow'), fixture('lz4.arrow')], suite, threads: 3 });
    expect(checks).toMatchObject([{ observed: 42 }, { failing: 30, total: 36 }]);
  });

  test('dictionaries that grow or are replaced', async () => {
    const suite = suiteOf([
      { type: 'in_set', column: 'coded', set: ['a'], mostly: 0 },
      { type: 'in_set', column: 'coded', set: ['c'], mostly: 0 },
    ]);
    const found = [
      { failing: 3, total: 5 },
      { failing: 4, total: 5 },
    ];
    expect(await checksOf(fixture('delta.arrows'), suite)).toMatchObject(found);
    expect(await checksOf(fixture('replaced.arrows'), suite)).toMatchObject([{ failing: 4, total: 5 }, found[1]]);
  });

  test('a file of Polars, which has its schema in the index alone', async () => {
    expect(await checksOf(fixture('polars.arrow'), texts('text'))).toMatchObject(OF_TEXTS);
  });

  test('wherever it is cut off or spoiled, the outcome is a verdict or SOURCE_UNREADABLE', async () => {
    const suite = suiteOf([
      { type: 'row_count', min: 0 },
      ...(['text', 'view', 'coded', 'runs', 'decimal', 'list'] as const).map((column) => ({
        type: 'not_null' as const,
        column,
      })),
      { type: 'regex', column: 'large', pattern: 'a' },
      { type: 'duplicate_rows', columns: ['coded', 'bytes', 'runs', 'view'] },
    ]);
    for (const name of ['plain.arrow', 'lz4.arrow']) {
      const bytes = readFileSync(fixture(name));
      const path = folder.path(`spoiled-${name}`);
      for (let i = 0; i < 250; i++) {
        const spoiled = Uint8Array.from(bytes);
        const at = Math.floor((i * bytes.length) / 250);
        if (i % 5 !== 0) spoiled[at] = (spoiled[at]! ^ (1 << (i % 8))) & 255;
        await writeFile(path, i % 5 === 0 ? spoiled.subarray(0, Math.max(1, at)) : spoiled);
        const outcome = await checkFiles({ files: [path], suite, threads: 1, useCaller: true }).catch(
          (error: unknown) =>
            isMillraceError(error) ? (error.code === 'INTERNAL' ? error.message : error.code) : error,
        );
        if (typeof outcome === 'object') expect(outcome).toHaveProperty('verdict');
        else expect(outcome).toMatch(/^SOURCE_UNREADABLE$|^SOURCE_EMPTY$/);
      }
    }
  });
});
