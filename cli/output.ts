import { CommanderError } from 'commander';
import { describeError, isMillraceError, MillraceError } from '../schemas/errors.js';

/**
 * Ends a process whose work is drained and whose log is written. Without it, native modules of a worker kept Node 20.3
 * alive with no handle open.
 */
export function endProcess(): never {
  process.exit();
}

/** The one JSON value that a command with `--json` writes to standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Any thrown value as an error of the table. What nobody foresaw is INTERNAL; its stack goes to MILLRACE_DEBUG=1 alone. */
export function asCliError(error: unknown): MillraceError {
  if (isMillraceError(error)) return error;
  if (error instanceof CommanderError) {
    return new MillraceError('INPUT_INVALID', error.message.replace(/^error: /, ''), { cause: error });
  }
  return new MillraceError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error });
}

/** Writes an error where its reader looks for it: as JSON on standard output, or in words on standard error. */
export function printError(error: MillraceError, json: boolean): void {
  if (json) {
    const { code, message, remedy, problems } = error;
    printJson({ error: { code, message, remedy, problems } });
  } else {
    process.stderr.write(`${describeError(error)}\n`);
  }
  if (process.env.MILLRACE_DEBUG === '1' && error.cause instanceof Error) {
    process.stderr.write(`${error.cause.stack ?? error.cause.message}\n`);
  }
}
