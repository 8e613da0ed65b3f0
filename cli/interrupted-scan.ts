import { EXIT } from './exit-codes.js';

/**
 * Runs a scan that Ctrl-C, SIGTERM or SIGHUP ends in order: threads stop and temporary files are removed. The second ends it at
 * once. An interrupted scan has no answer, and the exit code 130.
 */
export async function interruptible<T>(scan: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
  };
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of names) process.on(name, interrupt);
  try {
    return await scan(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    process.exitCode = EXIT.interrupted;
    return undefined;
  } finally {
    for (const name of names) process.off(name, interrupt);
  }
}
