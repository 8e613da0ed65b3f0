import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  createLocalObjectStore,
  datasetFiles,
  partitionWindow,
  type DatasetDependencies,
} from '../../../engine/datasets/index.js';
import { packageRoot } from '../../../engine/threads.js';
import { ingestStepSchema, type DatasetVersionRef, type IngestStep } from '../../../schemas/index.js';

/** Real data: 3,000,000 flights of the first half of 2001. */
export const FLIGHTS = join(packageRoot(__filename), 'node_modules/vega-datasets/data/flights-3m.parquet');
export const WEATHER = join(packageRoot(__filename), 'node_modules/vega-datasets/data/weather.csv');
export const PENGUINS = join(packageRoot(__filename), 'node_modules/vega-datasets/data/penguins.json');

export const day = (key: string, timezone = 'UTC') => partitionWindow({ kind: 'daily', timezone }, key);
export const ALL = { key: 'all' };

export interface Workbench extends DatasetDependencies {
  root: string;
  /** Names of what is left in the scratch folder. */
  leftovers(): Promise<string[]>;
  close(): Promise<void>;
}

/** A project folder, a store and a scratch folder of a test's own. */
export async function openWorkbench(): Promise<Workbench> {
  const root = await mkdtemp(join(tmpdir(), 'datasets-'));
  const scratchDir = join(root, 'scratch');
  await mkdir(scratchDir);
  return {
    root,
    projectDir: root,
    scratchDir,
    store: createLocalObjectStore({ name: 'default', root: join(root, 'store') }),
    leftovers: () => readdir(scratchDir),
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** An ingest step as a pipeline's specification gives it. */
export function ingestStep(step: Record<string, unknown>): IngestStep {
  return ingestStepSchema.parse({ type: 'ingest', dataset: 'flights', ...step });
}

/** Runs statements in a database of their own, to make files and to look into them. */
export async function sql(...statements: string[]): Promise<unknown[][]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  try {
    let rows: unknown[][] = [];
    for (const statement of statements) rows = (await connection.runAndReadAll(statement)).getRowsJson();
    return rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Rows of a dataset version, in the order of its files. */
export async function rowsOf({ store }: Workbench, ref: DatasetVersionRef, select = '*'): Promise<unknown[][]> {
  const files = await datasetFiles(store, ref);
  return sql(`SELECT ${select} FROM read_parquet([${files.map((file) => `'${file}'`).join(', ')}])`);
}

/** What a call is refused with; fails if it is not refused. */
export async function refusal(work: Promise<unknown>): Promise<{ code: string; message: string; problems: unknown }> {
  try {
    await work;
  } catch (error) {
    const { code, message, problems } = error as { code: string; message: string; problems: unknown };
    return { code, message, problems };
  }
  throw new Error('nothing was refused');
}
