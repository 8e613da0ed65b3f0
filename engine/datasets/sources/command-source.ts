import { closeSync, openSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MillraceError, type SourceOf } from '../../../schemas/index.js';
import { startSupervised, type ProcessEnd } from '../../training/supervised-process.js';
import { readableBytes, type FetchContext } from './local-source.js';
import { secretsOf } from './source-access.js';

/** Characters of the program’s complaints that are quoted. */
const QUOTED = 2_000;

/**
 * Runs a program and keeps what it writes to standard output in a file. It finds its partition in MILLRACE_PARTITION_KEY,
 * _START and _END, and does not outlive this process.
 * @returns path of the file
 * @throws MillraceError COMMAND_FAILED with the last lines of standard error, SOURCE_EMPTY
 */
export async function commandOutput(source: SourceOf<'command'>, context: FetchContext): Promise<string> {
  const { folder, projectDir, signal, onProgress } = context;
  const [program = '', ...args] = source.command;
  const target = join(folder, `output.${source.format}`);
  const env = await environment(source, context);
  signal?.throwIfAborted();
  const output = openSync(target, 'wx');
  let bytes = 0;
  let complaints = '';
  let failure: unknown;
  let end: ProcessEnd;
  try {
    const child = startSupervised({
      program,
      args,
      cwd: resolve(projectDir, source.directory),
      env,
      onOutput(stream, chunk) {
        if (stream === 'stderr') {
          complaints = (complaints + chunk.toString('utf8')).slice(-QUOTED);
          return;
        }
        try {
          // Written at once, so that a program that is faster than the disk fills no memory.
          for (let at = 0; at < chunk.length;) at += writeSync(output, chunk, at);
          bytes += chunk.length;
          onProgress?.(`${program} wrote ${readableBytes(bytes)}`);
        } catch (error) {
          failure ??= error;
          child.stop();
        }
      },
    });
    const stop = () => child.stop();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
    end = await child.ended;
    signal?.removeEventListener('abort', stop);
  } finally {
    closeSync(output);
  }
  signal?.throwIfAborted();
  if (failure !== undefined) {
    throw new MillraceError('STORE_UNAVAILABLE', `no place for the output: ${(failure as Error).message}`, {
      cause: failure,
    });
  }
  refuseFailure(program, end, complaints);
  if (bytes === 0) throw new MillraceError('SOURCE_EMPTY', `${program} wrote nothing to standard output`);
  return target;
}

async function environment({ env }: SourceOf<'command'>, context: FetchContext): Promise<NodeJS.ProcessEnv> {
  const { key, start, end } = context.window;
  // Temporal’s keys and the secrets of others are not the program’s.
  const kept = Object.entries(process.env).filter(([name]) => !/^(TEMPORAL_|MILLRACE_SECRET)/.test(name));
  const given = Object.entries(env).map(async ([name, value]) => [
    name,
    value.startsWith('secret:') ? await secretsOf(context).get(value) : value,
  ]);
  return {
    ...Object.fromEntries(kept),
    MILLRACE_PARTITION_KEY: key,
    ...(start !== undefined && { MILLRACE_PARTITION_START: start }),
    ...(end !== undefined && { MILLRACE_PARTITION_END: end }),
    ...(Object.fromEntries(await Promise.all(given)) as Record<string, string>),
  };
}

function refuseFailure(program: string, end: ProcessEnd, complaints: string): void {
  if (end.how === 'exited' && end.code === 0) return;
  const how =
    end.how === 'exited'
      ? `exited with code ${end.code}`
      : end.how === 'killed'
        ? `was ended by ${end.signal}`
        : `cannot be started: ${end.message}`;
  const tail = complaints.trim().split('\n').slice(-20).join('\n');
  throw new MillraceError('COMMAND_FAILED', tail === '' ? `${program} ${how}` : `${program} ${how}:\n${tail}`);
}
