import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { compiledModule } from '../threads.js';
import type { SupervisorReport, SupervisorRequest } from './process-supervisor.js';

/** Time that a program has after SIGTERM, in milliseconds. */
const GRACE_MS = 5_000;

/** Time that the output may stay open after the end: a program that left the group holds the pipes. */
const DRAIN_MS = 1_000;

export interface SupervisedOptions {
  program: string;
  args: readonly string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  onOutput: (stream: 'stdout' | 'stderr', chunk: Buffer) => void;
  /** Time between SIGTERM and SIGKILL in milliseconds; 5000 by default. */
  graceMs?: number | undefined;
}

/** How a process ended. */
export type ProcessEnd =
  | { how: 'exited'; code: number }
  | { how: 'killed'; signal: NodeJS.Signals }
  | { how: 'not_started'; code: string; message: string };

export interface SupervisedProcess {
  /** Resolves when the process and its group are gone and their output has been read; never rejects. */
  readonly ended: Promise<ProcessEnd>;
  /** Ends the process group: SIGTERM, and SIGKILL after the grace time. */
  stop(): void;
}

/**
 * Starts a program in a process group that does not outlive this process, however it ends: a supervisor process holds
 * the other end of a pipe and ends the group when the pipe closes. A descendant that makes a session of its own escapes.
 */
export function startSupervised(options: SupervisedOptions): SupervisedProcess {
  const { program, args, cwd, env, onOutput, graceMs = GRACE_MS } = options;
  const request: SupervisorRequest = { program, args: [...args], graceMs };
  const supervisor = spawn(
    process.execPath,
    [compiledModule(__filename, './process-supervisor'), JSON.stringify(request)],
    // A group of its own, so that Ctrl-C in a terminal reaches Millrace alone, which then decides.
    { cwd, env, detached: true, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] },
  );
  const [stdin, stdout, stderr, reports] = supervisor.stdio as unknown as [NodeJS.WritableStream, ...Readable[]];
  const streams = [stdout, stderr, reports] as [Readable, Readable, Readable];
  // A supervisor that is gone closes the pipe; that is seen by its exit.
  stdin.on('error', () => undefined);
  streams[0].on('data', (chunk: Buffer) => onOutput('stdout', chunk));
  streams[1].on('data', (chunk: Buffer) => onOutput('stderr', chunk));

  let pid: number | undefined;
  let end: ProcessEnd | undefined;
  createInterface({ input: streams[2] }).on('line', (line) => {
    const report = JSON.parse(line) as SupervisorReport;
    if (report.type === 'started') pid = report.pid;
    else end = endOf(report);
  });

  const ended = new Promise<ProcessEnd>((resolve) => {
    let drain: NodeJS.Timeout | undefined;
    const killOrphans = (): void => {
      if (end !== undefined || pid === undefined) return;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // They are gone already.
      }
    };
    supervisor.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ how: 'not_started', code: error.code ?? 'UNKNOWN', message: error.message }),
    );
    supervisor.on('exit', () => {
      drain = setTimeout(() => {
        killOrphans();
        for (const stream of streams) stream.destroy();
      }, DRAIN_MS);
    });
    supervisor.on('close', (_code, signal) => {
      clearTimeout(drain);
      // Without a report the supervisor itself was killed, and the program with it.
      killOrphans();
      resolve(end ?? { how: 'killed', signal: signal ?? 'SIGKILL' });
    });
  });
  return { ended, stop: () => stdin.end() };
}

function endOf(report: Exclude<SupervisorReport, { type: 'started' }>): ProcessEnd {
  if (report.type === 'not_started') return { how: 'not_started', code: report.code, message: report.message };
  return report.signal === null ? { how: 'exited', code: report.code ?? 0 } : { how: 'killed', signal: report.signal };
}
