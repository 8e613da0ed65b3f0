/**
 * Runs a program that knows nothing of Millrace, and ends it when Millrace is gone: `node watcher.js PROGRAM ARGUMENT…`.
 * Started by the supervisor in a process group of its own, which the program shares.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { onParentGone } from './ends-with-parent.js';

/** How long the program may take to end, before it is killed. */
const GRACE_MS = 8_000;

const [program = '', ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });

const end = () => {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), GRACE_MS).unref();
};

onParentGone(end);
process.on('SIGTERM', end).on('SIGINT', end).on('SIGHUP', end);

child.on('error', (error) => {
  process.stderr.write(`${program}: ${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code, signal) => {
  process.exit(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
});
