import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalObjectStore, datasetFiles } from '../../engine/datasets/index.js';
import { definePipeline, type CheckStep, type DatasetVersionRef, type RunResult } from '../../schemas/index.js';
import { startMillrace, type MillraceEnvironment } from '../support/millrace-environment.js';
import { sql } from '../unit/datasets/workbench.js';
import { until } from '../support/until.js';

/** The second day is clean; on the third there is no good row. */
const RAIN = [
  ['2012-03-01', -1, 'here'],
  ['2012-03-01', 2, 'here'],
  ['2012-03-01', -3, ''],
  ['2012-03-01', 7, ''],
  ['2012-03-02', 5, 'here'],
  ['2012-03-03', -1, 'here'],
]
  .map((row) => row.join(','))
  .join('\n');

/** A pipeline for each mode, so that their runs do not share datasets. */
function rain(
  mode: NonNullable<CheckStep['quarantine']>,
  more: { minimum?: number; severity?: 'block'; onFail?: 'wait' } = {},
  name = mode as string,
) {
  const { minimum = 0, severity = 'error', onFail = 'refuse' } = more;
  return definePipeline({
    name,
    partitions: { kind: 'daily', timezone: 'UTC' },
    params: { folder: { type: 'string' } },
    steps: {
      raw: {
        type: 'ingest',
        source: { kind: 'csv', path: '{{ params.folder }}/rain.csv' },
        dataset: `rain-${name}`,
        timeColumn: 'date',
        schemaPolicy: 'exact',
      },
      quality: {
        type: 'check',
        input: 'raw',
        quarantine: mode,
        onFail,
        suite: {
          checks: [
            { name: 'wet', type: 'between', column: 'rain', min: 0, severity },
            { name: 'placed', type: 'not_null', column: 'place' },
            { name: 'enough', type: 'row_count', min: minimum },
          ],
        },
      },
      total: {
        type: 'transform',
        inputs: { rain: 'raw' },
        sql: 'SELECT sum(rain) AS rain, count(*) AS days FROM rain',
        dataset: `total-${name}`,
      },
    },
  });
}

describe('a check with a quarantine', () => {
  let millrace: MillraceEnvironment;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-rain-'));
    await writeFile(join(folder, 'rain.csv'), `date,rain,place\n${RAIN}\n`);
    millrace = await startMillrace({
      pipelines: [
        rain('split'),
        rain('tag'),
        rain('drop'),
        rain('split', { severity: 'block' }, 'blocked'),
        rain('split', { minimum: 3 }, 'enough'),
        rain('split', { minimum: 9 }, 'too-few'),
        rain('split', { minimum: 3, onFail: 'wait' }, 'waiting'),
      ],
    });
  });
  afterAll(async () => {
    await millrace.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(pipeline: string, partition = '2012-03-01'): Promise<RunResult> {
    const input = { pipeline, partition, params: { folder }, requestedBy: 'test' };
    return (await millrace.client.startRun(input)).result();
  }

  async function rows(ref: DatasetVersionRef | undefined): Promise<unknown[][]> {
    const store = createLocalObjectStore({ name: 'default', root: join(millrace.dataDir, 'store') });
    const files = await datasetFiles(store, ref!);
    return sql(`SELECT * EXCLUDE (date) FROM read_parquet(['${files.join("','")}'])`);
  }

  const total = async ({ steps }: RunResult) => {
    const store = createLocalObjectStore({ name: 'default', root: join(millrace.dataDir, 'store') });
    const [file] = await datasetFiles(store, steps[2]!.output.dataset!);
    return (await sql(`SELECT rain::INTEGER, days::INTEGER FROM read_parquet('${file}')`))[0];
  };

  it('splits: what passes is published and read, what fails is a dataset of its own, and lineage has both', async () => {
    const result = await run('split');
    expect(result).toMatchObject({ verdict: 'succeeded', reason: 'COMPLETED' });
    const [raw, quality, sum] = result.steps;
    expect(quality).toMatchObject({
      status: 'succeeded',
      code: 'QUARANTINED',
      summary: expect.stringMatching(/3 rows quarantined to rain-split-quarantine: wet 2, placed 2$/) as string,
    });
    const { dataset: passing, quarantine: failing } = quality!.output;
    expect(await rows(passing)).toEqual([['2', 'here']]);
    expect(await rows(failing)).toEqual([
      ['-1', 'here', ['wet']],
      ['-3', null, ['wet', 'placed']],
      ['7', null, ['placed']],
    ]);
    expect(await total(result)).toEqual([2, 1]);

    const versions = await millrace.lineage.datasetVersions('rain-split');
    expect(versions.map(({ ref, published, verdict }) => [ref.version, published, verdict])).toEqual([
      [passing!.version, true, 'pass'],
      [raw!.output.dataset!.version, false, 'fail'],
    ]);
    const [quarantined] = await millrace.lineage.datasetVersions('rain-split-quarantine');
    expect(quarantined).toMatchObject({ ref: failing, published: true, step: 'quality' });
    expect(sum!.status).toBe('succeeded');
    expect((await millrace.lineage.stale({ dataset: 'rain-split' })).partitions).toEqual([]);
    expect((await millrace.lineage.stale({ dataset: 'rain-split-quarantine' })).partitions).toEqual([]);
  });

  it('splits a clean day into the very version and an empty one', async () => {
    const result = await run('split', '2012-03-02');
    const [raw, quality] = result.steps;
    expect(quality).toMatchObject({ status: 'succeeded', code: null });
    expect(quality!.output.dataset).toEqual(raw!.output.dataset);
    expect(quality!.output.quarantine).toMatchObject({ rows: 0 });
    expect((await millrace.lineage.datasetVersions('rain-split', { limit: 1 }))[0]).toMatchObject({ published: true });
  });

  it('tags: all rows go on with the names of the failed checks, day after day under one schema policy', async () => {
    const result = await run('tag');
    expect(result.verdict).toBe('succeeded');
    expect(result.steps[1]!.summary).toMatch(/3 rows tagged: wet 2, placed 2$/);
    expect(await rows(result.steps[1]!.output.dataset)).toEqual([
      ['-1', 'here', ['wet']],
      ['2', 'here', []],
      ['-3', null, ['wet', 'placed']],
      ['7', null, ['placed']],
    ]);
    expect(await total(result)).toEqual([5, 4]);
    const clean = await run('tag', '2012-03-02');
    expect(clean).toMatchObject({ verdict: 'succeeded', steps: [{}, { code: null }, {}] });
    expect(await rows(clean.steps[1]!.output.dataset)).toEqual([['5', 'here', []]]);
  });

  it('drops: what passes goes on, what fails is counted alone', async () => {
    const result = await run('drop');
    expect(result.verdict).toBe('succeeded');
    expect(result.steps[1]).toMatchObject({
      summary: expect.stringMatching(/3 rows dropped: wet 2, placed 2$/) as string,
    });
    expect(result.steps[1]!.output).not.toHaveProperty('quarantine');
    expect(await total(result)).toEqual([2, 1]);
  });

  it('lets what is left go on, unjudged, when somebody releases it', async () => {
    const input = { pipeline: 'waiting', partition: '2012-03-01', params: { folder }, requestedBy: 'test' };
    const handle = await millrace.client.startRun(input);
    await until(async () => (await handle.progress()).steps[1]?.status === 'waiting');
    await handle.decide('release', { by: 'ada', reason: 'one good row will do' });
    const result = await handle.result();
    expect(result.verdict).toBe('succeeded');
    expect(result.steps[1]).toMatchObject({
      code: 'RELEASED',
      output: { dataset: { rows: 1 }, quarantine: { rows: 3 } },
    });
    expect(await total(result)).toEqual([2, 1]);
  });

  it.each([
    ['a check of severity block fails', 'blocked', '2012-03-01', /wet fail/],
    ['a check of the whole fails', 'too-few', '2012-03-01', /enough fail/],
    ['what is left fails a check of the whole', 'enough', '2012-03-01', /without 3 failing rows: enough fail/],
    ['no row passes', 'split', '2012-03-03', /no row passes/],
  ])('refuses when %s', async (_, pipeline, partition, summary) => {
    const result = await run(pipeline, partition);
    expect(result).toMatchObject({ verdict: 'refused', reason: 'QUALITY_FAILED' });
    expect(result.steps[1]!.summary).toMatch(summary);
    expect(result.steps[2]).toMatchObject({ status: 'skipped' });
    const versions = await millrace.lineage.datasetVersions(`rain-${pipeline}`);
    expect(versions.filter(({ ref, published }) => ref.partition === partition && published)).toEqual([]);
  });
});
