import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createLocalObjectStore,
  datasetFiles,
  ingestPartition,
  partitionWindow,
  readManifest,
} from '../../../engine/datasets/index.js';
import { digestOf, sha256File } from '../../../engine/digest.js';
import {
  ALL,
  day,
  FLIGHTS,
  ingestStep,
  openWorkbench,
  PENGUINS,
  refusal,
  rowsOf,
  sql,
  WEATHER,
  type Workbench,
} from './workbench.js';

const flights = ingestStep({ source: { kind: 'parquet', path: FLIGHTS }, timeColumn: 'date' });

let bench: Workbench;
beforeEach(async () => (bench = await openWorkbench()));
afterEach(async () => {
  expect(await bench.leftovers()).toEqual([]);
  await bench.close();
});

const csv = (path: string, more = {}) => ({ source: { kind: 'csv', path }, dataset: 'table', ...more });
const json = (path: string, more = {}) => ({ source: { kind: 'json', path }, dataset: 'table', ...more });
const parquet = (path: string, more = {}) => ({ source: { kind: 'parquet', path }, dataset: 'table', ...more });

describe('ingestPartition', () => {
  it('takes exactly the rows of the window, first instant included and last excluded', async () => {
    const { ref, columns } = await ingestPartition(bench, { step: flights, window: day('2001-03-01') });
    const [expected] = await sql(
      `SELECT count(*), min(date), max(date), sum(delay) FROM '${FLIGHTS}' WHERE date::DATE = '2001-03-01'`,
    );
    expect(await rowsOf(bench, ref, 'count(*), min(date), max(date), sum(delay)')).toEqual([expected]);
    expect(ref).toMatchObject({ dataset: 'flights', partition: '2001-03-01', rows: 17005 });
    expect(columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'date TIMESTAMP',
      'delay BIGINT',
      'distance BIGINT',
      'origin VARCHAR',
      'destination VARCHAR',
    ]);
  });

  it('cuts days in the time zone of the partitions', async () => {
    const { ref } = await ingestPartition(bench, { step: flights, window: day('2001-04-01', 'America/New_York') });
    // Clocks went forward: the day has 23 hours, from 5 o'clock UTC to 4 o'clock UTC.
    const [expected] = await sql(
      `SELECT count(*) FROM '${FLIGHTS}' WHERE date >= '2001-04-01 05:00:00' AND date < '2001-04-02 04:00:00'`,
    );
    expect([String(ref.rows)]).toEqual(expected);
  });

  it('derives the version from the manifest and the manifest from the file', async () => {
    const { ref, columns } = await ingestPartition(bench, { step: flights, window: day('2001-03-01') });
    const manifest = await readManifest(bench.store, ref);
    expect(ref.version).toBe(digestOf(manifest).slice(0, 32));
    expect(ref.schemaFingerprint).toBe(digestOf(columns));
    const [path = ''] = await datasetFiles(bench.store, ref);
    expect(manifest).toMatchObject({
      columns,
      files: [{ digest: await sha256File(path), rows: 17005, bytes: ref.bytes }],
    });
  });

  it('gives the same rows the same version, wherever they lie and however often they are read', async () => {
    await mkdir(join(bench.root, 'year=2001'));
    await copyFile(FLIGHTS, join(bench.root, 'year=2001', 'moved.parquet'));
    const moved = { ...flights, source: { kind: 'parquet' as const, path: 'year=*/*.parquet' } };
    const window = day('2001-03-01');
    const refs = await Promise.all(
      [flights, flights, moved].map(async (step) => (await ingestPartition(bench, { step, window })).ref),
    );
    expect(new Set(refs.map(({ version }) => version)).size).toBe(1);
    expect(refs[1]).toEqual(refs[0]);
  });

  it('gives a large text file the same version each time, whatever the number of threads', async () => {
    await sql(`COPY (FROM '${FLIGHTS}' LIMIT 600_000) TO '${join(bench.root, 'flights.csv')}'`);
    const step = ingestStep(csv('flights.csv'));
    const versions = [];
    for (const threads of [1, 2, 4]) {
      versions.push((await ingestPartition({ ...bench, threads }, { step, window: ALL })).ref.version);
    }
    expect(new Set(versions).size).toBe(1);
  });

  it('keeps the order of the source, and of several files in the order of their names', async () => {
    await writeFile(join(bench.root, 'b.csv'), 'n\n4\n3\n');
    await writeFile(join(bench.root, 'a.csv'), 'n\n9\n1\n');
    const { ref } = await ingestPartition(bench, { step: ingestStep(csv('*.csv')), window: ALL });
    expect(await rowsOf(bench, ref)).toEqual([['9'], ['1'], ['4'], ['3']]);
  });

  it('reads CSV and JSON', async () => {
    const weather = await ingestPartition(bench, { step: ingestStep(csv(WEATHER)), window: ALL });
    expect(weather.ref.rows).toBe(2922);
    expect(weather.columns.map(({ type }) => type).join(' ')).toBe('VARCHAR DATE DOUBLE DOUBLE DOUBLE DOUBLE VARCHAR');
    const penguins = await ingestPartition(bench, { step: ingestStep(json(PENGUINS)), window: ALL });
    expect(penguins.ref.rows).toBe(344);
    expect(await rowsOf(bench, penguins.ref, 'avg("Body Mass (g)")')).toEqual(
      await sql(`SELECT avg("Body Mass (g)") FROM '${PENGUINS}'`),
    );
  });

  it('compares a column of dates with the dates that the key names, whatever the zone', async () => {
    const step = ingestStep(csv(WEATHER, { timeColumn: 'date' }));
    for (const timezone of ['America/New_York', 'UTC', 'Asia/Tokyo']) {
      const { ref } = await ingestPartition(bench, {
        step,
        window: partitionWindow({ kind: 'monthly', timezone }, '2012-03'),
      });
      expect(await rowsOf(bench, ref, 'min(date), max(date), count(*)')).toEqual([['2012-03-01', '2012-03-31', '62']]);
    }
    const hour = partitionWindow({ kind: 'hourly', timezone: 'UTC' }, '2012-03-01T00');
    expect(await refusal(ingestPartition(bench, { step, window: hour }))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [{ path: 'timeColumn' }],
    });
  });

  it.each(['TIMESTAMP', 'TIMESTAMP_S', 'TIMESTAMP_NS', 'TIMESTAMPTZ'])('cuts by a time column of %s', async (type) => {
    await sql(
      `SET TimeZone = 'UTC'`,
      `COPY (SELECT ('2001-03-01 00:00:00'::TIMESTAMP + n * INTERVAL 1 HOUR)::${type} AS at FROM range(48) t(n))
       TO '${join(bench.root, 'hours.parquet')}'`,
    );
    const step = ingestStep(parquet('hours.parquet', { timeColumn: 'at' }));
    expect((await ingestPartition(bench, { step, window: day('2001-03-02') })).ref.rows).toBe(24);
    expect((await ingestPartition(bench, { step, window: day('2001-03-01', 'Europe/Berlin') })).ref.rows).toBe(23);
  });

  it('takes only the declared columns, in the declared order and under any name of their types', async () => {
    const columns = [
      { name: 'origin', type: 'text' },
      { name: 'delay', type: 'int8', nullable: false },
    ];
    const result = await ingestPartition(bench, {
      step: ingestStep({ ...flights, columns }),
      window: day('2001-03-01'),
    });
    expect(result.columns).toEqual([
      { name: 'origin', type: 'VARCHAR', nullable: true },
      { name: 'delay', type: 'BIGINT', nullable: false },
    ]);
  });

  it('names every column that is missing or differs, and what is there', async () => {
    const columns = [
      { name: 'delay', type: 'DOUBLE' },
      { name: 'origin', type: 'VARCHAR' },
      { name: 'carrier', type: 'VARCHAR' },
    ];
    const step = ingestStep({ ...flights, columns, timeColumn: 'origin' });
    expect(await refusal(ingestPartition(bench, { step, window: day('2001-03-01') }))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [
        { path: 'columns[0]', message: 'delay is BIGINT, not DOUBLE' },
        { path: 'columns[2]', message: 'carrier is missing; there is date, delay, distance, origin, destination' },
        { path: 'timeColumn', message: 'origin is VARCHAR, not a TIMESTAMP or DATE' },
      ],
    });
  });

  it('reads text formats as declared, and says which values do not fit', async () => {
    await writeFile(join(bench.root, 'a.csv'), 'n,code\n1,007\n2,008\nmany,009\n');
    await writeFile(join(bench.root, 'a.json'), '[{"n":1,"code":"007"},{"n":"many","code":"008"}]');
    const code = { name: 'code', type: 'VARCHAR' };
    const { ref } = await ingestPartition(bench, { step: ingestStep(csv('a.csv', { columns: [code] })), window: ALL });
    expect(await rowsOf(bench, ref)).toEqual([['007'], ['008'], ['009']]);
    for (const source of [csv('a.csv'), json('a.json')]) {
      const step = ingestStep({ ...source, columns: [code, { name: 'n', type: 'BIGINT' }] });
      expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({
        code: 'SOURCE_SCHEMA_MISMATCH',
        problems: [{ path: 'columns[1]', message: 'n has 1 values that are not BIGINT, as in "many"' }],
      });
    }
  });

  it('takes the instant that a text with an offset names, in each format, whether its type is declared or guessed', async () => {
    const times = [
      '2001-01-01T05:30:00+05:30',
      '2000-12-31 21:00:00-03',
      '2001-01-01T00:00:00Z',
      '2001-01-01T00:00:00',
    ];
    await writeFile(join(bench.root, 'times.csv'), ['at', ...times].join('\n'));
    await writeFile(join(bench.root, 'times.ndjson'), times.map((at) => `{"at":"${at}"}`).join('\n'));
    await writeFile(join(bench.root, 'iso.ndjson'), `{"at":"${times[0]}","in":{"at":["${times[0]}"]}}`);
    const midnight = String(Date.UTC(2001, 0, 1));
    for (const [kind, path, types] of [
      ['csv', 'times.csv', ['TIMESTAMP', 'TIMESTAMPTZ', undefined]],
      ['json', 'times.ndjson', ['TIMESTAMP', 'TIMESTAMPTZ']],
      ['json', 'iso.ndjson', ['TIMESTAMP', 'TIMESTAMPTZ', undefined]],
    ] as const) {
      for (const type of types) {
        const columns = type && [{ name: 'at', type }];
        const source = { kind, path };
        const { ref } = await ingestPartition(bench, { step: ingestStep({ source, columns }), window: ALL });
        const found = await rowsOf(bench, ref, 'DISTINCT epoch_ms("at")');
        expect([path, type, found]).toEqual([path, type, [[midnight]]]);
        const window = day('2001-01-01');
        const cut = await ingestPartition(bench, { step: ingestStep({ source, columns, timeColumn: 'at' }), window });
        expect(cut.ref).toEqual({ ...ref, partition: '2001-01-01' });
      }
    }
    const { ref } = await ingestPartition(bench, {
      step: ingestStep({ source: { kind: 'json', path: 'iso.ndjson' } }),
      window: ALL,
    });
    expect(await rowsOf(bench, ref, 'epoch_ms("in".at[1])')).toEqual([[midnight]]);
  });

  it.each(['TIMESTAMPTZ', 'TIMETZ', 'TIMESTAMP', 'DATE', 'UUID', 'INTEGER[]'])(
    'refuses a text that is no %s, rather than take it for null',
    async (type) => {
      await writeFile(join(bench.root, 'a.csv'), 'id,value\n1,nonsense\n2,\n');
      const columns = [
        { name: 'id', type: 'INTEGER' },
        { name: 'value', type },
      ];
      const step = ingestStep({ source: { kind: 'csv', path: 'a.csv' }, columns });
      expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({
        code: 'SOURCE_SCHEMA_MISMATCH',
        problems: [{ path: 'columns[1]', message: expect.stringMatching(/^value has 1 values .* as in "nonsense"$/) }],
      });
    },
  );

  it('finds a declared member of JSON however late it comes, and leaves dates of other forms as text', async () => {
    const lines = Array.from({ length: 30_000 }, (_, id) => JSON.stringify(id < 25_000 ? { id } : { id, late: id }));
    await writeFile(join(bench.root, 'late.ndjson'), lines.join('\n'));
    const columns = [
      { name: 'id', type: 'INTEGER' },
      { name: 'late', type: 'INTEGER' },
    ];
    const step = ingestStep({ source: { kind: 'json', path: 'late.ndjson' }, columns });
    const { ref } = await ingestPartition(bench, { step, window: ALL });
    expect(await rowsOf(bench, ref, 'count(id), count(late)')).toEqual([['30000', '5000']]);
    await writeFile(join(bench.root, 'dates.ndjson'), '{"a":"31-01-2001","b":"2001-01-31"}');
    const source = { kind: 'json', path: 'dates.ndjson' };
    const dates = await ingestPartition(bench, { step: ingestStep({ source }), window: ALL });
    expect(dates.columns.map(({ type }) => type)).toEqual(['VARCHAR', 'DATE']);
  });

  it('refuses nulls in a column that may have none', async () => {
    const step = ingestStep(json(PENGUINS, { columns: [{ name: 'Body Mass (g)', type: 'BIGINT', nullable: false }] }));
    expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({
      code: 'SOURCE_SCHEMA_MISMATCH',
      problems: [{ path: 'columns[0]', message: 'Body Mass (g) has 2 nulls and may have none' }],
    });
  });

  it.each(['BIGINT)', 'NUMBER9', "INTEGER); ATTACH 'x' --"])('refuses the type %s, which is none', async (type) => {
    const step = ingestStep({ ...flights, columns: [{ name: 'delay', type }] });
    expect(await refusal(ingestPartition(bench, { step, window: day('2001-03-01') }))).toMatchObject({
      code: 'INPUT_INVALID',
      problems: [{ path: 'columns[0].type' }],
    });
  });

  it('finds files whose names hold quotes and the signs of globs', async () => {
    const folder = join(bench.root, "it's [1]*?");
    await mkdir(folder);
    await writeFile(join(folder, 'a[b].csv'), 'n\n1\n');
    const inside = { ...bench, projectDir: folder };
    for (const path of ['a[b].csv', '*.csv', join(folder, 'a[b].csv')]) {
      expect((await ingestPartition(inside, { step: ingestStep(csv(path)), window: ALL })).ref.rows).toBe(1);
    }
  });

  it('refuses a partition without rows, unless it may be empty', async () => {
    const window = day('2005-03-01');
    expect(await refusal(ingestPartition(bench, { step: flights, window }))).toMatchObject({ code: 'PARTITION_EMPTY' });
    const { ref, columns } = await ingestPartition(bench, { step: { ...flights, allowEmpty: true }, window });
    expect(ref.rows).toBe(0);
    expect(columns).toHaveLength(5);
    expect(await rowsOf(bench, ref)).toEqual([]);
  });

  describe('given a source that is not as it should be', () => {
    it.each(['json', 'json.gz', 'json.zst'])(
      'refuses a .%s that goes too deep, which ends the process that reads it',
      async (ending) => {
        const deep = (levels: number) => `{"a":1,"b":${'['.repeat(levels)}"]\\"["${']'.repeat(levels)}}`;
        for (const levels of [99, 100_000]) {
          const text = join(bench.root, `deep-${levels}.json`);
          await writeFile(text, `{"a":2,"b":null}\n${deep(levels)}`);
          const packed = `COPY (FROM read_csv('${text}', header = false, columns = {'line': 'VARCHAR'}, delim = '\x01', quote = '', escape = '', max_line_size = 1000000))`;
          if (ending !== 'json')
            await sql(
              `${packed} TO '${text.replace('json', ending)}' (FORMAT csv, HEADER false, QUOTE '\x02', DELIMITER '\x01')`,
            );
        }
        const { ref } = await ingestPartition(bench, { step: ingestStep(json(`deep-99.${ending}`)), window: ALL });
        expect(ref.rows).toBe(2);
        const step = ingestStep(json(`deep-100000.${ending}`));
        expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({
          code: 'SOURCE_UNREADABLE',
          message: expect.stringContaining('more than 100 deep in one another'),
        });
      },
    );

    it.each(['parquet', 'csv', 'json'])('says that a %s file is not there, or has no bytes', async (kind) => {
      const step = ingestStep({ source: { kind, path: 'data/late.file' } });
      expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({
        code: 'SOURCE_NOT_FOUND',
        message: `no file at ${join(bench.root, 'data/late.file')}`,
      });
      await mkdir(join(bench.root, 'data'));
      await writeFile(join(bench.root, 'data/late.file'), '');
      expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({ code: 'SOURCE_EMPTY' });
    });

    it.each(['/dev/zero', '.'])('takes %s for no file', async (path) => {
      const step = ingestStep(parquet(path));
      expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    });

    it.each<[string, (whole: Buffer) => Buffer]>([
      ['truncated', (whole) => whole.subarray(0, 100_000)],
      ['without its beginning', (whole) => whole.subarray(100_000)],
      ['cut to a few bytes', (whole) => whole.subarray(0, 3)],
      ['full of noise', () => randomBytes(10_000)],
      ['damaged in all its pages', (whole) => Buffer.from(whole).fill(0x5a, 1_000, whole.length - 50_000)],
      ['damaged in its footer', (whole) => Buffer.from(whole).fill(0xff, whole.length - 3_000, whole.length - 8)],
      ['another format', () => Buffer.from('date,delay\n2001-03-01,5\n')],
    ])('says that a Parquet file that is %s is unreadable', async (_, damage) => {
      await writeFile(join(bench.root, 'a.parquet'), damage(await readFile(FLIGHTS)));
      const step = ingestStep(parquet('a.parquet'));
      expect(await refusal(ingestPartition(bench, { step, window: ALL }))).toMatchObject({ code: 'SOURCE_UNREADABLE' });
    });

    it('says that broken JSON and ragged CSV are unreadable', async () => {
      await writeFile(join(bench.root, 'a.json'), '[{"n":1},{"n":');
      await writeFile(join(bench.root, 'a.csv'), `a,b\n${'1,2\n'.repeat(50)}1,2,3,4\n`);
      for (const source of [json('a.json'), csv('a.csv'), json(WEATHER)]) {
        expect(await refusal(ingestPartition(bench, { step: ingestStep(source), window: ALL }))).toMatchObject({
          code: 'SOURCE_UNREADABLE',
        });
      }
    });
  });

  it('says that the store is unavailable where it cannot be written, or there is no scratch folder', async () => {
    await writeFile(join(bench.root, 'file'), '');
    const store = createLocalObjectStore({ name: 'default', root: join(bench.root, 'file') });
    const window = day('2001-03-01');
    for (const broken of [{ store }, { scratchDir: join(bench.root, 'file') }]) {
      expect(await refusal(ingestPartition({ ...bench, ...broken }, { step: flights, window }))).toMatchObject({
        code: 'STORE_UNAVAILABLE',
      });
    }
  });

  it('stops with the signal’s reason, before it begins and in the middle', async () => {
    const step = ingestStep(parquet(FLIGHTS));
    const reason = new Error('cancelled');
    const aborted = ingestPartition({ ...bench, signal: AbortSignal.abort(reason) }, { step, window: ALL });
    await expect(aborted).rejects.toBe(reason);

    const controller = new AbortController();
    const onProgress = () => controller.abort(reason);
    const running = ingestPartition({ ...bench, signal: controller.signal, onProgress }, { step, window: ALL });
    await expect(running).rejects.toBe(reason);
  });
});

describe('readManifest', () => {
  it('refuses the manifest of another version, and what is no manifest', async () => {
    const { ref } = await ingestPartition(bench, { step: flights, window: day('2001-03-01') });
    const other = await ingestPartition(bench, { step: flights, window: day('2001-03-02') });
    expect(await refusal(readManifest(bench.store, { ...ref, uri: other.ref.uri }))).toMatchObject({
      code: 'OBJECT_CORRUPT',
    });
    const { uri } = await bench.store.putBytes(Buffer.from('no manifest'));
    expect(await refusal(datasetFiles(bench.store, { ...ref, uri }))).toMatchObject({ code: 'OBJECT_CORRUPT' });
  });
});
