import { closeSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MillraceError, type SourceOf } from '../../../schemas/index.js';
import { partitionVariables, resolveVariables, withoutKeys } from '../../processes/program-environment.js';
import { runProgram } from '../../processes/run-program.js';
import { nameByCompression } from './compression.js';
import { readableBytes, type FetchContext } from './local-source.js';
import { secretsOf } from './source-access.js';

/**
 * Runs a program and keeps what it writes to standard output in a file. It finds its partition in MILLRACE_PARTITION_KEY,
 * _START and _END, and does not outlive this process.
 * @returns path of the file
 * @throws MillraceError COMMAND_FAILED with the last lines of standard error, COMMAND_TEMPORARY, SOURCE_EMPTY
 */
export async function commandOutput(source: SourceOf<'command'>, context: FetchContext): Promise<string> {
  const { folder, projectDir, window, signal, onProgress } = context;
  const [program = ''] = source.command;
  const target = join(folder, `output.${source.format}`);
  const env = {
    ...withoutKeys(process.env),
    ...partitionVariables(window),
    ...(await resolveVariables(source.env, () => secretsOf(context))),
  };
  const output = openSync(target, 'wx');
  let bytes = 0;
  try {
    await runProgram({
      command: source.command,
      cwd: resolve(projectDir, source.directory),
      env,
      signal,
      onStdout(chunk) {
        write(output, chunk);
        bytes += chunk.length;
        onProgress?.(`${program} wrote ${readableBytes(bytes)}`);
      },
    });
  } finally {
    closeSync(output);
  }
  if (bytes === 0) throw new MillraceError('SOURCE_EMPTY', `${program} wrote nothing to standard output`);
  return nameByCompression(target);
}

/** Written at once, so that a program that is faster than the disk fills no memory. */
function write(file: number, chunk: Buffer): void {
  try {
    for (let at = 0; at < chunk.length;) at += writeSync(file, chunk, at);
  } catch (cause) {
    throw new MillraceError('STORE_UNAVAILABLE', `no place for the output: ${(cause as Error).message}`, { cause });
  }
}
