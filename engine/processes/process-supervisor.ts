/**
 * A small process between Millrace and a program that knows nothing of it: `node process-supervisor.js REQUEST`.
 * The program gets a process group of its own. When standard input ends, which the operating system sees to even when
 * Millrace was ended by SIGKILL, or when the program has ended and left others behind, the group is ended.
 * Reports are JSON lines on file descriptor 3.
 */
import { spawn } from 'node:child_process';
import { closeSync, writeSync } from 'node:fs';

/** What is started, as JSON in the first argument. */
export interface SupervisorRequest {
  program: string;
  args: string[];
  /** Time between SIGTERM and SIGKILL, in milliseconds. */
  graceMs: number;
}

export type SupervisorReport =
  | { type: 'started'; pid: number }
  | { type: 'not_started'; code: string; message: string }
  | { type: 'ended'; code: number | null; signal: NodeJS.Signals | null };

const REPORTS = 3;

function main({ program, args, graceMs }: SupervisorRequest): void {
  const report = (message: SupervisorReport): void => {
    try {
      writeSync(REPORTS, `${JSON.stringify(message)}\n`);
    } catch {
      // Nobody is left to read it.
    }
  };
  const finish = (message: SupervisorReport): void => {
    report(message);
    closeSync(REPORTS);
    process.exit(0);
  };
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
  const killGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group is empty.
    }
  };
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    killGroup('SIGTERM');
    setTimeout(() => killGroup('SIGKILL'), graceMs);
  };
  child.on('spawn', () => report({ type: 'started', pid: child.pid ?? 0 }));
  child.on('error', (error: NodeJS.ErrnoException) => {
    if (child.pid !== undefined) return;
    finish({ type: 'not_started', code: error.code ?? 'UNKNOWN', message: error.message });
  });
  child.on('exit', (code, signal) => {
    killGroup('SIGKILL');
    finish({ type: 'ended', code, signal });
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, stop);
  process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
}

main(JSON.parse(process.argv[2] ?? '{}') as SupervisorRequest);
