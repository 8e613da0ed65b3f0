import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../schemas/errors.js';
import { ENDS_WITH_PARENT } from './ends-with-parent.js';
import { identify, signalGroup, type ProcessIdentity } from './process-identity.js';

/** A program to keep running. */
export interface ProcessSpec {
  /** Name in messages, and of the log file. */
  name: string;
  command: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  /** How often it is started again after it ended by itself; default 0. A minute of life gives it all of them back. */
  restarts?: number;
  /** How long it may take to end after SIGTERM before it is killed, in milliseconds; default 10,000. */
  graceMs?: number;
}

/** A program that is kept running. */
export interface SupervisedProcess {
  readonly name: string;
  /** Resolves with PROCESS_FAILED when it ended by itself and is not started again; never otherwise. */
  readonly failed: Promise<MillraceError>;
  /** Ends it: SIGTERM, after the grace SIGKILL for its whole group. Resolves when nothing of it is left. */
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  /** Folder of the logs, one `NAME.log` a process; made if it is missing. */
  logsDir: string;
  /** Told the identities of all processes whenever they change, for whoever has to clean up after a killed supervisor. */
  onProcesses?: (processes: ProcessIdentity[]) => void;
  /** Told when a process is started again. */
  onRestart?: (name: string, failure: MillraceError) => void;
}

export interface Supervisor {
  start(spec: ProcessSpec): SupervisedProcess;
  /** Kills every process and its group at once, synchronously. */
  kill(): void;
  /** Stops what still runs, all at once, and forgets about the exit of this process. */
  close(): Promise<void>;
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024;
const STABLE_AFTER_MS = 60_000;

/**
 * Runs child processes, each in a process group of its own so that Ctrl-C in the terminal reaches this process alone, which
 * then ends them in order. Each child's standard input is a pipe from here: when this process is gone, even by SIGKILL, the
 * pipe closes and the child ends itself (see `ends-with-parent.ts`; for foreign programs `watcher.ts` does it).
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const running = new Map<ChildProcess, ProcessIdentity>();
  const stops = new Set<() => Promise<void>>();
  mkdirSync(options.logsDir, { recursive: true });

  const changed = () => options.onProcesses?.([...running.values()]);
  const kill = () => {
    for (const { pid } of running.values()) signalGroup(pid, 'SIGKILL');
  };
  // The last resort: process.exit() or an uncaught exception while children run.
  process.on('exit', kill);

  function launch(spec: ProcessSpec, logFile: string): ChildProcess {
    const log = openSync(logFile, 'a');
    try {
      const child = spawn(spec.command, spec.args, {
        cwd: spec.cwd,
        env: { ...(spec.env ?? process.env), [ENDS_WITH_PARENT]: '1' },
        stdio: ['pipe', log, log],
        detached: true,
      });
      child.stdin?.on('error', () => undefined); // the child is gone; its exit is what counts
      if (child.pid !== undefined) {
        running.set(child, identify(child.pid) ?? { pid: child.pid, began: '' });
        changed();
      }
      return child;
    } finally {
      closeSync(log);
    }
  }

  function start(spec: ProcessSpec): SupervisedProcess {
    const logFile = join(options.logsDir, `${spec.name}.log`);
    rotate(logFile);
    const stopping = new AbortController();
    let child: ChildProcess | undefined;

    const life = (async (): Promise<MillraceError | null> => {
      for (let left = spec.restarts ?? 0; ; left--) {
        const logStart = existsSync(logFile) ? statSync(logFile).size : 0;
        const began = Date.now();
        child = launch(spec, logFile);
        const ending = await exitOf(child);
        if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL'); // whatever it left behind in its group
        running.delete(child);
        changed();
        if (stopping.signal.aborted) return null;
        const failure = new MillraceError('PROCESS_FAILED', `${spec.name} ${ending}${lastLines(logFile, logStart)}`);
        if (Date.now() - began > STABLE_AFTER_MS) left = spec.restarts ?? 0;
        if (left <= 0) return failure;
        options.onRestart?.(spec.name, failure);
        await delay(500, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopping.signal.aborted) return null;
      }
    })();

    const stop = async () => {
      stopping.abort();
      const pid = child?.pid;
      if (child?.exitCode === null && child.signalCode === null && pid !== undefined) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), spec.graceMs ?? 10_000);
        await life.finally(() => clearTimeout(timer));
      }
      await life;
      stops.delete(stop);
    };
    stops.add(stop);
    return {
      name: spec.name,
      failed: new Promise((resolve) => void life.then((failure) => failure !== null && resolve(failure))),
      stop,
    };
  }

  return {
    start,
    kill,
    close: async () => {
      await Promise.all([...stops].map((stop) => stop()));
      process.off('exit', kill);
    },
  };
}

function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => resolve(signal === null ? `exited with ${code}` : `was ended by ${signal}`));
  });
}

/** Keeps one older log, so that a folder which is used for months does not fill the disk. */
function rotate(logFile: string): void {
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) renameSync(logFile, `${logFile}.1`);
}

/** The last ten lines that were written since the process began, each on a line of its own. */
function lastLines(logFile: string, from: number): string {
  const log = openSync(logFile, 'r');
  try {
    const size = fstatSync(log).size;
    if (size <= from) return `; its log ${logFile} is empty`;
    const lines = readFileSync(log)
      .subarray(Math.max(from, size - 8192))
      .toString('utf8')
      .trimEnd()
      .split('\n');
    return `; the end of ${logFile}:\n${lines.slice(-10).join('\n')}`;
  } finally {
    closeSync(log);
  }
}
