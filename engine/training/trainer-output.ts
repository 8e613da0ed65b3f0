import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  MillraceError,
  problemsOf,
  trainerOutputSchema,
  type Problem,
  type TrainerOutput,
} from '../../schemas/index.js';

const FILES = ['model.onnx', 'model.json', 'parity.parquet'];

/**
 * Reads what a trainer left, and names everything that is missing or malformed.
 * @throws MillraceError TRAINER_OUTPUT_INVALID
 */
export async function readTrainerOutput(outputDir: string): Promise<TrainerOutput> {
  const problems: Problem[] = [];
  for (const name of FILES) {
    const info = await stat(join(outputDir, name)).catch(() => undefined);
    if (info === undefined) problems.push({ path: name, message: 'is missing' });
    else if (!info.isFile()) problems.push({ path: name, message: 'is not a file' });
    else if (info.size === 0) problems.push({ path: name, message: 'is empty' });
  }
  if (problems.some((problem) => problem.path === 'model.json')) throw invalid(problems);
  const parsed = await parseDescription(join(outputDir, 'model.json'), problems);
  if (parsed === undefined || problems.length > 0) throw invalid(problems);
  return parsed;
}

async function parseDescription(path: string, problems: Problem[]): Promise<TrainerOutput | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    problems.push({ path: 'model.json', message: `is not JSON: ${(error as Error).message}` });
    return undefined;
  }
  const result = trainerOutputSchema.safeParse(value);
  if (result.success) return result.data;
  for (const { path: field, message } of problemsOf(result.error)) {
    problems.push({ path: field === '' ? 'model.json' : `model.json: ${field}`, message });
  }
  return undefined;
}

function invalid(problems: Problem[]): MillraceError {
  const listed = problems.map(({ path, message }) => `${path} ${message}`).join('; ');
  return new MillraceError('TRAINER_OUTPUT_INVALID', `the trainer exited with 0, but ${listed}`, { problems });
}
