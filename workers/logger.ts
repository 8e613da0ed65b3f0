import { DefaultLogger, Runtime, type LogLevel } from '@temporalio/worker';
import { pino, type Logger } from 'pino';

/** A logger of JSON lines on standard error; standard output is kept for what a command answers. */
export function createLogger(name: string, level = process.env.MILLRACE_LOG_LEVEL ?? 'info'): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}

/** Sends what the Temporal SDK says to the same log; for a process’s entry, as the SDK allows it once in a process. */
export function installRuntime(logger: Logger): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, meta }) => logger[LEVELS[level]]({ ...meta }, message)),
    // Signals are the business of the process that has the worker, not of the SDK.
    shutdownSignals: [],
  });
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const satisfies Record<
  LogLevel,
  string
>;
