import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** `millrace dev` in a process of its own. */
export interface DevProcess {
  temporalAddress: string;
  namespace: string;
  temporalUi: string;
  lineageUrl: string;
  modelServerUrl: string;
  dataDir: string;
  pid: number;
  /** Ends it as Ctrl-C does, and waits until it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts the embedded mode and waits for its one line of JSON.
 * @param env variables besides those of this process
 */
export async function startDev(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<DevProcess> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const gone = once(child, 'exit');
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([text]) => String(text)),
    gone.then(([code]) => {
      throw new Error(`millrace dev ended with ${String(code)}: ${errors}`);
    }),
  ]);
  const answer = JSON.parse(line) as { error?: unknown };
  if (answer.error !== undefined) throw new Error(`millrace dev: ${line}`);
  return {
    ...(answer as Omit<DevProcess, 'pid' | 'stop'>),
    pid: child.pid ?? 0,
    stop: async () => {
      child.kill('SIGINT');
      await gone;
    },
  };
}
