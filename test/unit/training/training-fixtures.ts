import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trainerSchema, type Trainer, type TrainerSpecification } from '../../../schemas';
import { until } from '../../support/until.js';

/** A folder that is removed after the tests of the file. */
export function withFolder(): { path: (...parts: string[]) => string } {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-training-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });
  return { path: (...parts) => join(folder, ...parts) };
}

export const specification: Omit<TrainerSpecification, 'output'> = {
  contract: 'millrace.trainer/1',
  runId: 'run-1',
  model: 'delays',
  seed: 7,
  params: {},
  partition: { key: 'all' },
  inputs: { training: { files: ['/nowhere.parquet'], rows: 1, columns: ['a'] } },
};

/** A trainer that is a shell script; the specification’s path is `$MILLRACE_TRAINER_SPEC`, the output’s `$OUT`. */
export async function shellTrainer(path: string, script: string, settings: Partial<Trainer> = {}): Promise<Trainer> {
  const output = `OUT=$(sed -n 's/.*"output": "\\(.*\\)".*/\\1/p' "$MILLRACE_TRAINER_SPEC")`;
  await writeFile(path, `${output}\n${script}\n`);
  return trainerSchema.parse({ directory: '.', command: ['sh', path], ...settings });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** The process id in a file, when it is there. */
export async function pidIn(path: string): Promise<number> {
  await until(async () => /^\d+\n/.test(await readFile(path, 'utf8').catch(() => '')));
  return Number.parseInt(await readFile(path, 'utf8'), 10);
}
