import { MillraceError } from '../../schemas/index.js';
import { startSupervised, type ProcessEnd } from './supervised-process.js';

/** Characters of the program’s output that are kept to be quoted. */
const QUOTED_CHARACTERS = 4_000;
const QUOTED_LINES = 20;

/** Exit code of sysexits.h by which a program asks to be tried again. */
const EX_TEMPFAIL = 75;

export interface RunProgramOptions {
  /** Program and arguments; no shell takes them apart. */
  command: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Takes standard output as it comes; what it throws ends the program, and is thrown. */
  onStdout: (chunk: Buffer) => void;
  /** Also quotes standard output where the program fails. Default false. */
  quoteStdout?: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program to its end. It does not outlive this process.
 * @throws MillraceError COMMAND_FAILED with the last lines of its output, COMMAND_TEMPORARY when it exited with code 75; what
 * `onStdout` threw; the signal’s reason
 */
export async function runProgram(options: RunProgramOptions): Promise<void> {
  const { command, cwd, env, onStdout, quoteStdout = false, signal } = options;
  const [program = '', ...args] = command;
  signal?.throwIfAborted();
  let tail = '';
  let failure: { error: unknown } | undefined;
  const child = startSupervised({
    program,
    args,
    cwd,
    env,
    onOutput(stream, chunk) {
      if (stream === 'stderr' || quoteStdout) tail = (tail + chunk.toString('utf8')).slice(-QUOTED_CHARACTERS);
      if (stream === 'stderr') return;
      try {
        onStdout(chunk);
      } catch (error) {
        failure ??= { error };
        child.stop();
      }
    },
  });
  const stop = () => child.stop();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const end = await child.ended;
  signal?.removeEventListener('abort', stop);
  signal?.throwIfAborted();
  if (failure !== undefined) throw failure.error;
  refuseFailure(program, end, tail);
}

function refuseFailure(program: string, end: ProcessEnd, output: string): void {
  if (end.how === 'exited' && end.code === 0) return;
  const how =
    end.how === 'exited'
      ? `exited with code ${end.code}`
      : end.how === 'killed'
        ? `was ended by ${end.signal}`
        : `cannot be started: ${end.message}`;
  const tail = output.trim().split('\n').slice(-QUOTED_LINES).join('\n');
  const code = end.how === 'exited' && end.code === EX_TEMPFAIL ? 'COMMAND_TEMPORARY' : 'COMMAND_FAILED';
  throw new MillraceError(code, tail === '' ? `${program} ${how}` : `${program} ${how}:\n${tail}`);
}
