import { resolve } from 'node:path';
import type { CommandStep, PartitionWindow } from '../../schemas/index.js';
import type { Secrets } from '../secrets.js';
import { LineSplitter } from './line-splitter.js';
import { partitionVariables, resolveVariables, withoutKeys } from './program-environment.js';
import { runProgram } from './run-program.js';

/** What a step `command` is run with besides itself. */
export interface RunCommandOptions {
  step: CommandStep;
  /** Name of the step. */
  name: string;
  pipeline: string;
  runId: string;
  window: PartitionWindow;
  projectDir: string;
  secrets: Secrets;
  signal?: AbortSignal | undefined;
  /** Told each line of standard output. */
  onProgress?: ((message: string) => void) | undefined;
  env?: NodeJS.ProcessEnv | undefined;
}

/**
 * Runs the program of a step. The last line that it writes to standard output is the value of the step: as JSON where it is
 * JSON, else as text; null where it writes nothing.
 * @throws MillraceError COMMAND_FAILED, COMMAND_TEMPORARY, SECRET_NOT_FOUND
 */
export async function runCommand(options: RunCommandOptions): Promise<unknown> {
  const { step, name, pipeline, runId, window, projectDir, secrets, signal, onProgress, env = process.env } = options;
  let last = '';
  const lines = new LineSplitter((line) => {
    if (line.trim() === '') return;
    last = line.trim();
    onProgress?.(last.slice(0, 200));
  });
  await runProgram({
    command: step.command,
    cwd: resolve(projectDir, step.directory),
    env: {
      ...withoutKeys(env),
      ...partitionVariables(window),
      MILLRACE_PIPELINE: pipeline,
      MILLRACE_STEP: name,
      // The same for each attempt, so that a program can tell that it has done its work already.
      MILLRACE_RUN_ID: runId,
      ...(await resolveVariables(step.env, () => secrets)),
    },
    onStdout: (chunk) => lines.push(chunk),
    quoteStdout: true,
    signal,
  });
  lines.end();
  return valueOf(last);
}

function valueOf(line: string): unknown {
  if (line === '') return null;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return line;
  }
}
