import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { createLocalObjectStore, type ObjectStore } from '../../../engine/datasets';
import { sha256File } from '../../../engine/digest';
import {
  checkParity,
  evaluateModels,
  runTrainer,
  scoreFiles,
  trainModel,
  type TrainedModel,
} from '../../../engine/training';
import { evaluationGateSchema, trainStepSchema, type ModelSignature } from '../../../schemas';
import { specification, withFolder } from './training-fixtures';

const projectDir = resolve(__dirname, '../../..');
const flights = `${projectDir}/node_modules/vega-datasets/data/flights-3m.parquet`;
const features = `SELECT hour(date) AS hour, isodow(date) AS weekday, distance, origin, destination, delay > 15 AS late`;
const folder = withFolder();
let store: ObjectStore;
let count = 0;

async function writeParquet(name: string, query: string): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  await connection.run(`COPY (${query}) TO '${folder.path(name)}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return folder.path(name);
}

const days = (name: string, from: string, to: string) =>
  writeParquet(name, `${features} FROM '${flights}' WHERE date >= '${from}' AND date < '${to}' ORDER BY ALL`);

async function scratch(): Promise<string> {
  const scratchDir = folder.path(`scratch-${count++}`);
  await mkdir(scratchDir);
  return scratchDir;
}

async function step(params: Record<string, unknown>) {
  return trainStepSchema.parse({
    type: 'train',
    trainer: {
      directory: 'pipelines/flight-delays/trainer',
      command: ['python', 'train.py'],
      requirements: 'requirements.txt',
    },
    inputs: {},
    model: 'flight-delays',
    seed: 7,
    params: { maximum_rows: 30_000, ...params },
  });
}

async function train(
  params: Record<string, unknown> = {},
  files = [folder.path('training.parquet')],
): Promise<TrainedModel> {
  return trainModel(
    { store, projectDir, scratchDir: await scratch() },
    {
      step: await step(params),
      inputs: { training: { files, rows: 0, columns: [] } },
      window: { key: '2001-03-01' },
      runId: 'run-1',
    },
  );
}

/** Where a stored model is, for scoring. */
async function modelOf({ manifest }: TrainedModel): Promise<{ modelPath: string; signature: ModelSignature }> {
  return { modelPath: await store.localPath(manifest.files[0]?.uri ?? ''), signature: manifest.signature };
}

let good: TrainedModel;
let evening: string;

// The first run on a machine installs scikit-learn.
beforeAll(async () => {
  store = createLocalObjectStore({ name: 'default', root: folder.path('store') });
  await days('training.parquet', '2001-02-22', '2001-03-01');
  evening = await days('evening.parquet', '2001-03-01', '2001-03-02');
  good = await train();
}, 600_000);

it('trains on real flights, and the export scores as the trainer does', async () => {
  expect(good.metrics['roc_auc']).toBeGreaterThan(0.6);
  expect(good.parity.rows).toBeGreaterThanOrEqual(1_000);
  expect(good.parity.maximumDifference).toBeLessThan(1e-5);
  expect(good.manifest.signature.inputs.map(({ name, datatype }) => `${name} ${datatype}`)).toEqual([
    'hour INT64',
    'weekday INT64',
    'distance INT64',
    'origin BYTES',
    'destination BYTES',
  ]);
});

it('gives the same digest for the same seed and inputs, and another for another seed', async () => {
  const again = await train();
  expect(again.ref).toEqual(good.ref);
  const other = await runTrainer({
    trainer: (await step({})).trainer,
    projectDir,
    scratchDir: await scratch(),
    specification: {
      ...specification,
      seed: 8,
      params: { maximum_rows: 30_000 },
      inputs: { training: { files: [folder.path('training.parquet')], rows: 0, columns: [] } },
    },
  });
  expect(await sha256File(`${other.outputDir}/model.onnx`)).not.toBe(good.manifest.files[0]?.digest);
});

it('has an export that is wrong without an error, which parity refuses', async () => {
  await expect(train({ estimator: 'native_categories' })).rejects.toMatchObject({
    code: 'MODEL_PARITY_FAILED',
    message: expect.stringMatching(/^\d+ of 3000 rows differ .* by more than 0.00001; the worst by 0\.\d+$/),
  });
});

it('has an estimator that is right, though slow', async () => {
  const { parity, metrics } = await train({ estimator: 'gaussian_process' });
  expect(parity.maximumDifference).toBeLessThan(1e-5);
  expect(metrics['roc_auc']).toBeGreaterThan(0.55);
});

it('refuses a challenger that was trained on shuffled labels', async () => {
  const bad = await train({ shuffle_labels: true });
  const gate = evaluationGateSchema.parse({});
  const report = await evaluateModels(
    { store },
    { challenger: bad.ref, champion: good.ref, files: [evening], label: 'late', gate },
  );
  expect(report).toMatchObject({ verdict: 'fail', reason: 'INFERIOR', rows: 17_005, championModel: good.ref });
  expect(report.champion?.estimate).toBeGreaterThan(0.6);
  const same = await evaluateModels(
    { store },
    { challenger: good.ref, champion: good.ref, files: [evening], label: 'late', gate },
  );
  expect(same).toMatchObject({ verdict: 'pass', reason: 'SAME_MODEL', difference: { estimate: 0 } });
});

it.each([
  [
    'a column is missing',
    'no-late.parquet',
    'SELECT 1 AS hour, 1 AS weekday',
    /no column distance, origin, destination, late/,
  ],
  [
    'all labels are equal',
    'one-class.parquet',
    `SELECT * REPLACE (false AS late) FROM '{training}'`,
    /one class only: all rows are 0/,
  ],
  [
    'a column has nulls',
    'nulls.parquet',
    `SELECT * REPLACE (nullif(hour, 5) AS hour) FROM '{training}'`,
    /column hour has \d+ nulls/,
  ],
  ['there are few rows', 'few.parquet', `FROM '{training}' LIMIT 100`, /100 rows; at least 5000/],
])('fails in one clear line if %s', async (_name, file, query, message) => {
  const path = await writeParquet(file, query.replace('{training}', folder.path('training.parquet')));
  await expect(train({}, [path])).rejects.toMatchObject({
    code: 'TRAINER_FAILED',
    message: expect.stringMatching(new RegExp(`exited with code 65.*\nerror: .*${message.source}`, 's')),
  });
});

it('fails on a parameter that it does not know', async () => {
  await expect(train({ depth: 3 })).rejects.toMatchObject({
    code: 'TRAINER_FAILED',
    message: expect.stringMatching(/code 64.*params.depth is unknown/s),
  });
});

describe('scoring', () => {
  it('keeps the order of rows over several files', async () => {
    const model = await modelOf(good);
    const whole = await scoreFiles({ ...model, files: [evening], columns: ['late'] });
    const parts = [
      await writeParquet('part-1.parquet', `FROM '${evening}' LIMIT 9001`),
      await writeParquet('part-2.parquet', `FROM '${evening}' OFFSET 9001`),
    ];
    const split = await scoreFiles({ ...model, files: parts, columns: ['late'] });
    expect(split).toEqual(whole);
    expect(whole.scores).toHaveLength(17_005);
    expect([...new Set(whole.columns['late'])].sort()).toEqual([0, 1]);
  });

  it('scores an airport that was never seen', async () => {
    const rare = await writeParquet('rare.parquet', `SELECT * REPLACE ('ZZZ' AS origin) FROM '${evening}' LIMIT 5`);
    const { scores } = await scoreFiles({ ...(await modelOf(good)), files: [rare] });
    expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
  });

  it.each([
    ['without a column', `SELECT * EXCLUDE origin FROM '{evening}'`, /has no column origin$/],
    [
      'with a column of another type',
      `SELECT * REPLACE ('x' AS distance) FROM '{evening}'`,
      /distance is of type Utf8.*INT64/,
    ],
    [
      'with fractions for integers',
      `SELECT * REPLACE (0.5::DOUBLE AS hour) FROM '{evening}'`,
      /hour is of type Float64.*INT64/,
    ],
    ['with nulls', `SELECT * REPLACE (nullif(hour, 5) AS hour) FROM '{evening}'`, /hour has nulls/],
  ])('is impossible on rows %s', async (name, query, message) => {
    const file = await writeParquet(`${name.replaceAll(' ', '-')}.parquet`, query.replace('{evening}', evening));
    await expect(scoreFiles({ ...(await modelOf(good)), files: [file] })).rejects.toMatchObject({
      code: 'EVALUATION_IMPOSSIBLE',
      message: expect.stringMatching(message),
    });
  });

  it('refuses a file that is no graph, and a signature that does not fit', async () => {
    const { modelPath, signature } = await modelOf(good);
    const unloadable = (message: RegExp) => ({ code: 'MODEL_UNLOADABLE', message: expect.stringMatching(message) });
    await expect(scoreFiles({ modelPath: evening, signature, files: [evening] })).rejects.toMatchObject(
      unloadable(/protobuf|parse/i),
    );
    const inputs: ModelSignature['inputs'] = [{ name: 'hour', datatype: 'FP32' }, ...signature.inputs.slice(1, 4)];
    await expect(
      scoreFiles({ modelPath, signature: { inputs, score: { output: 'p', column: 1 } }, files: [evening] }),
    ).rejects.toMatchObject(
      unloadable(
        /hour is int64 in the graph, FP32.*input destination is not in the signature.*no output p; it has label, prob/,
      ),
    );
    const score = { ...signature.score, column: 2 };
    await expect(scoreFiles({ modelPath, signature: { ...signature, score }, files: [evening] })).rejects.toMatchObject(
      unloadable(/there is no column 2/),
    );
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const scoring = scoreFiles({ ...(await modelOf(good)), files: [evening], signal: controller.signal });
    controller.abort(new Error('cancelled by test'));
    await expect(scoring).rejects.toThrow('cancelled by test');
  });
});

it.each([
  ['too few rows', `SELECT *, random() AS score FROM '{evening}' LIMIT 999`, /has 999 rows; at least 1000/],
  ['equal scores', `SELECT *, 0.5::DOUBLE AS score FROM '{evening}'`, /the same score, 0.5/],
  ['rows without a score', `SELECT *, nullif(hour, 5) AS score FROM '{evening}'`, /rows without a number in score/],
  ['no score column', `FROM '{evening}'`, /no column score/],
  ['a score that is text', `SELECT *, origin AS score FROM '{evening}'`, /score is of type Utf8/],
])('parity proves nothing with %s', async (name, query, message) => {
  const parityFile = await writeParquet(`${name.replaceAll(' ', '-')}.parquet`, query.replace('{evening}', evening));
  const parity = checkParity({ ...(await modelOf(good)), parityFile, scoreColumn: 'score', tolerance: 1e-5 });
  await expect(parity).rejects.toMatchObject({
    code: 'TRAINER_OUTPUT_INVALID',
    message: expect.stringMatching(message),
  });
});
