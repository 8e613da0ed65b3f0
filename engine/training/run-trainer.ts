import { mkdir, mkdtemp, stat, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import {
  MillraceError,
  trainerEventSchema,
  type Trainer,
  type TrainerEvent,
  type TrainerOutput,
  type TrainerSpecification,
} from '../../schemas/index.js';
import { LineSplitter } from '../processes/line-splitter.js';
import { withoutKeys } from '../processes/program-environment.js';
import { ensurePythonEnvironment, findPython } from './python-environment.js';
import { startSupervised, type ProcessEnd } from '../processes/supervised-process.js';
import { TrainerLog } from './trainer-log.js';
import { readTrainerOutput } from './trainer-output.js';

export interface RunTrainerOptions {
  trainer: Trainer;
  /** Folder that the trainer’s directory is relative to. */
  projectDir: string;
  /** What the trainer is told; the folder for its output is made here. */
  specification: Omit<TrainerSpecification, 'output'>;
  /** Folder of this attempt alone; the caller removes it. */
  scratchDir: string;
  /** Ends the trainer; the promise is rejected with the signal’s reason when nothing of it runs any more. */
  signal?: AbortSignal | undefined;
  /** Told how far the training is, as people read it. */
  onProgress?: ((message: string) => void) | undefined;
  /** Told each line of output. */
  onLine?: ((line: string, stream: 'stdout' | 'stderr') => void) | undefined;
  /** Environment of the trainer; by default this process’s. Temporal’s settings, which hold its keys, are left out. */
  env?: NodeJS.ProcessEnv | undefined;
}

export interface TrainerRun {
  /** Absolute path of the folder with `model.onnx`, `model.json` and `parity.parquet`. */
  outputDir: string;
  /** `model.json`. */
  output: TrainerOutput;
  /** Final figures; the last value of each name. */
  metrics: Record<string, number>;
  /** File with the output of the trainer. */
  logPath: string;
  /** Bytes of output beyond `maxLogBytes`. */
  droppedLogBytes: number;
}

/** Exit code of sysexits.h by which a trainer asks to be tried again. */
const EX_TEMPFAIL = 75;

/**
 * Runs a trainer as a supervised process and validates what it leaves.
 * @throws MillraceError TRAINER_NOT_FOUND, PYTHON_NOT_FOUND, PYTHON_ENVIRONMENT_FAILED, TRAINER_FAILED, TRAINER_TEMPORARY,
 *   TRAINER_KILLED, TRAINER_STALLED, TRAINER_OUTPUT_INVALID
 */
export async function runTrainer(options: RunTrainerOptions): Promise<TrainerRun> {
  const { trainer, projectDir, scratchDir, signal, onProgress, onLine, env = process.env } = options;
  signal?.throwIfAborted();
  const directory = resolve(projectDir, trainer.directory);
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) throw new MillraceError('TRAINER_NOT_FOUND', `there is no folder ${directory}`);

  const attemptDir = await mkdtemp(join(resolve(scratchDir), 'trainer-'));
  const outputDir = join(attemptDir, 'output');
  const temporaryDir = join(attemptDir, 'tmp');
  await Promise.all([mkdir(outputDir), mkdir(temporaryDir)]);
  const specificationPath = join(attemptDir, 'specification.json');
  await writeFile(specificationPath, JSON.stringify({ ...options.specification, output: outputDir }, null, 2));

  const { program, path } = await resolveProgram(trainer, directory, { signal, onProgress, env });
  const log = new TrainerLog(join(attemptDir, 'trainer.log'), trainer.maxLogBytes);
  const metrics: Record<string, number> = {};
  const splitters = {
    stdout: new LineSplitter((line) => {
      log.noteLine(line);
      onLine?.(line, 'stdout');
      const event = parseEvent(line);
      if (event?.type === 'metrics') Object.assign(metrics, event.metrics);
      if (event?.type === 'progress') onProgress?.(progressText(event));
    }),
    stderr: new LineSplitter((line) => {
      log.noteLine(line);
      onLine?.(line, 'stderr');
    }),
  };

  let limit: string | undefined;
  const child = startSupervised({
    program,
    args: [...trainer.command.slice(1), specificationPath],
    cwd: directory,
    env: trainerEnvironment(env, { path, specificationPath, temporaryDir }),
    onOutput: (stream, chunk) => {
      silence.refresh();
      log.write(chunk);
      splitters[stream].push(chunk);
    },
  });
  const endFor = (reason: string) => () => {
    limit ??= reason;
    child.stop();
  };
  const silence = setTimeout(
    endFor(`the trainer printed nothing for ${trainer.stallSeconds} s`),
    trainer.stallSeconds * 1_000,
  );
  const total = setTimeout(
    endFor(`the trainer ran longer than ${trainer.timeoutSeconds} s`),
    trainer.timeoutSeconds * 1_000,
  );
  const abort = () => child.stop();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const end = await child.ended;
  clearTimeout(silence);
  clearTimeout(total);
  signal?.removeEventListener('abort', abort);
  splitters.stdout.end();
  splitters.stderr.end();
  await log.close();

  signal?.throwIfAborted();
  if (limit !== undefined) throw new MillraceError('TRAINER_STALLED', quoting(limit, log.tail));
  const failure = failureOf(end, trainer, log.tail);
  if (failure !== undefined) throw failure;
  const output = await readTrainerOutput(outputDir);
  return { outputDir, output, metrics, logPath: log.path, droppedLogBytes: log.droppedBytes };
}

/** The program, and the value of PATH under which it and what it starts find the environment’s programs. */
async function resolveProgram(
  trainer: Trainer,
  directory: string,
  context: Pick<RunTrainerOptions, 'signal' | 'onProgress'> & { env: NodeJS.ProcessEnv },
): Promise<{ program: string; path: string | undefined }> {
  const [program = ''] = trainer.command;
  const path = context.env['PATH'];
  if (trainer.requirements === undefined) {
    return { program: program === 'python' ? (await findPython(context)).path : program, path };
  }
  const { python } = await ensurePythonEnvironment({ directory, requirements: trainer.requirements, ...context });
  return { program: program === 'python' ? python : program, path: [dirname(python), path].join(delimiter) };
}

function trainerEnvironment(
  env: NodeJS.ProcessEnv,
  given: { path: string | undefined; specificationPath: string; temporaryDir: string },
): NodeJS.ProcessEnv {
  return {
    ...withoutKeys(env),
    PATH: given.path,
    MILLRACE_TRAINER_SPEC: given.specificationPath,
    TMPDIR: given.temporaryDir,
    // Progress is worth nothing in a buffer, the project’s folder is not written to, and sets have one order.
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONHASHSEED: '0',
  };
}

/** The event that a line is, or undefined: what a trainer prints besides is log. */
function parseEvent(line: string): TrainerEvent | undefined {
  if (!line.trimStart().startsWith('{')) return undefined;
  try {
    return trainerEventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

function progressText({ fraction, message, metrics }: TrainerEvent & { type: 'progress' }): string {
  const figures = Object.entries(metrics ?? {}).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
  const percent = fraction === undefined ? [] : [`${Math.round(fraction * 100)} %`];
  return ['training', ...percent, ...(message === undefined ? [] : [message]), ...figures].join(', ');
}

function failureOf(end: ProcessEnd, trainer: Trainer, tail: string): MillraceError | undefined {
  switch (end.how) {
    case 'not_started':
      return new MillraceError('TRAINER_NOT_FOUND', `${trainer.command[0]} cannot be started: ${end.message}`);
    case 'killed':
      return new MillraceError('TRAINER_KILLED', quoting(`the trainer was ended by ${end.signal}`, tail));
    case 'exited':
      if (end.code === 0) return undefined;
      return new MillraceError(
        end.code === EX_TEMPFAIL ? 'TRAINER_TEMPORARY' : 'TRAINER_FAILED',
        quoting(`the trainer exited with code ${end.code}`, tail),
      );
    default:
      return end satisfies never;
  }
}

function quoting(what: string, tail: string): string {
  return tail === '' ? `${what} and printed nothing` : `${what}; its last lines:\n${tail}`;
}
