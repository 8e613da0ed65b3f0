import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ingestPartition, quarantineRows, type QuarantineInput } from '../../../engine/datasets/index.js';
import { findFailingRows } from '../../../engine/quality/index.js';
import { datasetFiles } from '../../../engine/datasets/index.js';
import { suiteSchema, type DatasetVersionRef } from '../../../schemas/index.js';
import { ALL, day, FLIGHTS, ingestStep, openWorkbench, refusal, rowsOf, sql, type Workbench } from './workbench.js';

let bench: Workbench;
let flights: DatasetVersionRef;
let failing: QuarantineInput['failing'];
const suite = suiteSchema.parse({
  checks: [
    { name: 'late', type: 'between', column: 'delay', max: 60 },
    { name: 'far', type: 'comparison', column: 'distance', operator: 'le', value: 2000 },
  ],
});
const LATE = 'delay > 60';
const FAR = 'distance > 2000';

beforeAll(async () => {
  bench = await openWorkbench();
  const step = ingestStep({ source: { kind: 'parquet', path: FLIGHTS }, timeColumn: 'date' });
  flights = (await ingestPartition(bench, { step, window: day('2001-03-01') })).ref;
  const path = join(bench.root, 'failing.csv');
  const checks = ['late', 'far'];
  await findFailingRows({ files: await datasetFiles(bench.store, flights), suite, checks, path });
  failing = { path, checks };
});
afterAll(() => bench.close());
afterEach(async () => expect(await bench.leftovers()).toEqual([]));

const quarantine = (mode: QuarantineInput['mode'], threads = 2) =>
  quarantineRows({ ...bench, threads }, { ref: flights, failing, mode, dataset: 'flights-quarantine' });

const day1 = (where: string, columns = '*') =>
  `SELECT ${columns} FROM read_parquet('${FLIGHTS}') WHERE date::DATE = '2001-03-01' AND (${where})`;
const LABELS = `list_filter([CASE WHEN ${LATE} THEN 'late' END, CASE WHEN ${FAR} THEN 'far' END], lambda c: c IS NOT NULL)`;

describe('quarantineRows', () => {
  it('splits a day of flights into those that pass, in their order, and those that fail, with the names of the checks', async () => {
    const { rows, passing, failing: bad } = await quarantine('split');
    expect(await rowsOf(bench, passing!.ref)).toEqual(await sql(day1(`NOT (${LATE} OR ${FAR})`)));
    expect(await rowsOf(bench, bad!.ref)).toEqual(
      await sql(day1(`${LATE} OR ${FAR}`, `*, ${LABELS} AS _failed_checks`)),
    );
    expect(passing!.ref).toMatchObject({ dataset: 'flights', partition: '2001-03-01', rows: flights.rows - rows });
    expect(bad!.ref).toMatchObject({ dataset: 'flights-quarantine', partition: '2001-03-01', rows });
    expect(passing!.ref.schemaFingerprint).toBe(flights.schemaFingerprint);
    expect(bad!.columns.at(-1)).toEqual({ name: '_failed_checks', type: 'VARCHAR[]', nullable: true });
    expect(rows).toBeGreaterThan(1000);
  });

  it('tags every row, in their order, with an empty list where none failed', async () => {
    const { passing, failing: bad } = await quarantine('tag');
    expect(bad).toBeNull();
    expect(await rowsOf(bench, passing!.ref)).toEqual(await sql(day1('true', `*, ${LABELS} AS _failed_checks`)));
  });

  it('drops the same rows as a split, and makes the same version whatever the number of threads', async () => {
    const dropped = await quarantine('drop', 1);
    const split = await quarantine('split');
    expect(dropped).toEqual({ ...split, failing: null });
  });

  it('leaves the version as it is where no row fails, and a split has an empty version of the others', async () => {
    const path = join(bench.root, 'none.csv');
    await writeFile(path, '-\n'.repeat(flights.rows));
    const none = (mode: QuarantineInput['mode']) =>
      quarantineRows(bench, { ref: flights, failing: { path, checks: [] }, mode, dataset: 'flights-quarantine' });
    expect(await none('drop')).toEqual({ rows: 0, passing: null, failing: null });
    expect(await none('split')).toMatchObject({ rows: 0, passing: null, failing: { ref: { rows: 0 } } });
    const { passing } = await none('tag');
    expect(await rowsOf(bench, passing!.ref, 'count(*), sum(len(_failed_checks))')).toEqual([
      [String(flights.rows), '0'],
    ]);
  });

  it('refuses a version that has its column already', async () => {
    const { passing } = await quarantine('tag');
    const again = quarantineRows(bench, { ref: passing!.ref, failing, mode: 'tag', dataset: 'x' });
    expect(await refusal(again)).toMatchObject({ code: 'SOURCE_SCHEMA_MISMATCH' });
  });

  it('keeps columns whose names its own tables use', async () => {
    const file = join(bench.root, 'names.parquet');
    await sql(`COPY (SELECT 1 AS failed, 2 AS numbers, 'x' AS checks, 3 AS v, 4 AS "odd ""name" UNION ALL SELECT 9, 8, 'y', 7, 6)
      TO '${file}' (FORMAT parquet)`);
    const step = ingestStep({ source: { kind: 'parquet', path: file }, dataset: 'names' });
    const { ref } = await ingestPartition(bench, { step, window: ALL });
    const path = join(bench.root, 'second.csv');
    await writeFile(path, '-\n0\n');
    const input = { ref, failing: { path, checks: ["it's"] }, mode: 'split', dataset: 'bad-names' } as const;
    const { passing, failing: bad } = await quarantineRows(bench, input);
    expect(await rowsOf(bench, passing!.ref)).toEqual([[1, 2, 'x', 3, 4]]);
    expect(await rowsOf(bench, bad!.ref)).toEqual([[9, 8, 'y', 7, 6, ["it's"]]]);
    expect(bad!.columns.map(({ name }) => name)).toEqual([
      'failed',
      'numbers',
      'checks',
      'v',
      'odd "name',
      '_failed_checks',
    ]);
  });
});
