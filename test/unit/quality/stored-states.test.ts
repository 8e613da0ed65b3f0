import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { createLocalObjectStore } from '../../../engine/datasets/index';
import {
  checkFiles,
  checkFilesForStates,
  judgeStates,
  keptCheckpoints,
  mergeStatesOf,
  profileFiles,
  readStates,
  storeStates,
} from '../../../engine/quality/index';
import type { Checkpoint, Checkpoints } from '../../../engine/quality/run-scan';
import { fileShares } from '../../../engine/quality/sources/file-shares';
import { rangeOf } from '../../../engine/quality/sources/row-source';
import { parseStructured, structuredJson } from '../../../engine/quality/structured-json';
import { suiteOf, withParquetFolder } from './quality-fixtures';

const folder = withParquetFolder();
const NOW = new Date('2001-03-04T00:00:00Z');

const SUITE = suiteOf([
  { type: 'row_count', min: 1 },
  { type: 'schema_match', columns: ['id', 'x', 'word', 'at', 'flag'] },
  { type: 'not_null', column: 'x' },
  { type: 'unique', column: 'id' },
  { type: 'duplicate_rows', columns: ['word', 'flag'] },
  { type: 'distinct_count', column: 'word', min: 1, max: 3 },
  { type: 'between', column: 'x', min: 0, max: 50, mostly: 0.9 },
  { type: 'in_set', column: 'word', set: ['w0', 'w1', 'w2'] },
  { type: 'regex', column: 'word', pattern: '^w[0-4]$', where: 'flag' },
  { type: 'increasing', column: 'id', strict: true },
  { type: 'aggregate', metric: 'mean', column: 'x', min: 0, max: 1 },
  { type: 'aggregate', metric: 'sum', column: 'id', max: 10 },
  { type: 'aggregate', metric: 'median', column: 'x', max: 3 },
  { type: 'correlation', columns: ['id', 'x'], min: 0.5 },
  { type: 'entropy', column: 'word', min: 9 },
  { type: 'freshness', column: 'at', maxAgeSeconds: 60 },
  { type: 'outlier_rate', column: 'x', max: 0.1 },
  { type: 'rows_complete', columns: ['x', 'word'] },
]);
const rows = (from: number, to: number) => `
  SELECT range AS id, CASE WHEN range % 11 <> 0 THEN (range * 37 % 101)::DOUBLE END AS x, 'w' || range % 5 AS word,
    TIMESTAMP '2001-03-01' + INTERVAL (range) SECOND AS at, range % 2 = 0 AS flag FROM range(${from}, ${to})`;

async function withStore<T>(work: (store: ReturnType<typeof createLocalObjectStore>) => Promise<T>): Promise<T> {
  const root = await mkdtemp(join(tmpdir(), 'millrace-states-'));
  try {
    return await work(createLocalObjectStore({ name: 'default', root }));
  } finally {
    await rm(root, { recursive: true });
  }
}

/** The same, but for the last digits of numbers: the merge of sums of floating point numbers is not their sum. */
function nearly(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, member: unknown) =>
    typeof member === 'number' ? (expect.closeTo(member, 9) as unknown) : member,
  ) as unknown;
}

test('a value comes back from its text as it was', () => {
  const leaf = fc.oneof(
    fc.double(),
    fc.bigInt(),
    fc.string(),
    fc.boolean(),
    fc.constantFrom(null, NaN, -0, Infinity),
    fc.uint8Array(),
    fc.int32Array(),
    fc.float64Array(),
    fc.array(fc.tuple(fc.integer(), fc.double())).map((entries) => new Map(entries)),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.array(tie('value')),
      fc.dictionary(fc.constantFrom('$', 'a', 'text', 'entries'), tie('value')),
    ),
  }));
  fc.assert(
    fc.property(value, (one) => {
      expect(parseStructured(structuredJson(one))).toEqual(one);
    }),
  );
});

test('the parts of files laid end to end are contiguous, in order, and all there is', () => {
  const sizes = fc.array(fc.nat(1000), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      sizes,
      fc.integer({ min: 1, max: 9 }),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 6, maxLength: 6 }),
      (files, of, groups) => {
        const seen = Array.from({ length: of }, (_, index) =>
          fileShares(files, { index, of }).flatMap((share, file) => {
            const [from, to] = share === null ? [0, 0] : rangeOf(share, groups[file]!);
            return Array.from({ length: to - from }, (_, i) => [file, from + i]);
          }),
        ).flat();
        expect(seen).toEqual(
          files.flatMap((_, file) => Array.from({ length: groups[file]! }, (_, group) => [file, group])),
        );
      },
    ),
  );
});

test('what was stored of the parts judges the whole, without a row', async () => {
  const parts = await Promise.all(
    [rows(0, 4000), rows(4000, 5000), rows(5000, 9000)].map((query) => folder.write(query)),
  );
  const whole = await checkFiles({ files: parts, suite: SUITE, now: NOW });
  const merged = await withStore(async (store) => {
    const uris: string[] = [];
    for (const file of parts) {
      const { seen } = await checkFilesForStates({
        files: [file],
        suite: SUITE,
        now: NOW,
        profiled: ['id', 'x', 'word'],
      });
      uris.push(await storeStates(store, seen));
    }
    return mergeStatesOf(await Promise.all(uris.map((uri) => readStates(store, uri))));
  });
  const report = await judgeStates(SUITE, merged, { now: NOW });
  const facts = ({ checks }: typeof report) => checks.map(({ examples: _, ...check }) => check);
  expect([report.verdict, report.rows]).toEqual([whole.verdict, 9000]);
  expect(facts(report)).toEqual(nearly(facts(whole)));
  const profile = await profileFiles(parts, { columns: ['id', 'x', 'word'] });
  expect(merged.profile!.columns.map(({ rows, nulls, min, max }) => [rows, nulls, min, max])).toEqual(
    profile.columns.map(({ rows, nulls, min, max }) => [rows, nulls, min, max]),
  );
});

test('answers that are none about a whole are errors there, as is a state of another version', async () => {
  const file = await folder.write(rows(0, 10));
  const suite = suiteOf([{ type: 'custom_sql', sql: 'SELECT count(*) FROM dataset', max: 100 }]);
  await withStore(async (store) => {
    const { report, seen } = await checkFilesForStates({ files: [file], suite });
    const again = await judgeStates(suite, await readStates(store, await storeStates(store, seen)), {});
    expect([report.verdict, again.verdict]).toEqual(['pass', 'error']);
    const { uri } = await store.putBytes(Buffer.from('{}'));
    await expect(readStates(store, uri)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });
});

describe('a scan that was left in the middle', () => {
  /** Lets a scan save some checkpoints and then leaves it. */
  async function leave(file: string, checkpoints: (save: Checkpoints['save']) => Promise<Checkpoints>): Promise<void> {
    const controller = new AbortController();
    let saved = 0;
    const left = await checkpoints(() => {
      if (++saved === 3) controller.abort(new Error('killed'));
      return Promise.resolve();
    });
    const scan = checkFiles({ files: [file], suite: SUITE, threads: 1, signal: controller.signal, checkpoints: left });
    await expect(scan).rejects.toThrow('killed');
  }

  test('goes on where it was: what it had seen is not read again', async () => {
    const file = await folder.write(rows(0, 100_000), ', ROW_GROUP_SIZE 10000');
    const how = { files: [file], suite: SUITE, threads: 1, now: NOW };
    const expected = await checkFiles(how);
    const { size } = await stat(file);
    let last: Checkpoint | undefined;
    await leave(file, (count) =>
      Promise.resolve({
        segmentBytes: size / 10,
        save: (checkpoint) => {
          last = checkpoint;
          return count(checkpoint);
        },
      }),
    );
    expect(last).toMatchObject({ done: 3, of: 10, seen: { rows: 30_720 } });
    // The pages of the first three groups are no more: whoever reads them fails.
    const handle = await open(file, 'r+');
    await handle.write(Buffer.alloc(Math.floor(size * 0.2)), 0, undefined, 4);
    await handle.close();
    await expect(checkFiles(how)).rejects.toMatchObject({ code: 'SOURCE_UNREADABLE' });
    const progress: number[] = [];
    const resumed = await checkFiles({
      ...how,
      checkpoints: { segmentBytes: 1, resume: last, save: () => Promise.resolve() },
      onProgress: (count) => progress.push(count),
    });
    expect(resumed.checks).toEqual(nearly(expected.checks));
    expect([Math.min(...progress) > 30_720, progress.at(-1)]).toEqual([true, 100_000]);
  });

  test('keeps its states in the store and passes over those of something else', async () => {
    const file = await folder.write(rows(0, 50_000), ', ROW_GROUP_SIZE 5000');
    const { size } = await stat(file);
    await withStore(async (store) => {
      const kept: unknown[] = [];
      const options = { keep: (value: unknown) => kept.push(value), segmentBytes: size / 10, everyMs: 0 };
      await leave(file, async (count) => {
        const checkpoints = await keptCheckpoints(store, 'this', { last: undefined, ...options });
        return { ...checkpoints, save: async (checkpoint) => (await checkpoints.save(checkpoint), count(checkpoint)) };
      });
      expect(JSON.stringify(kept.at(-1)).length).toBeLessThan(300);
      const resumed = async (about: string, last: unknown) =>
        (await keptCheckpoints(store, about, { ...options, last })).resume;
      expect(await resumed('this', kept.at(-1))).toMatchObject({ done: 3, of: 10, seen: { rows: 12_288 } });
      expect(await resumed('other', kept.at(-1))).toBeUndefined();
      expect(
        await resumed('this', { ...(kept.at(-1) as object), uri: 'store://default/sha256/00/nothing' }),
      ).toBeUndefined();
      expect(await resumed('this', 'a word')).toBeUndefined();
    });
  });
});
