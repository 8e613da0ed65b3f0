import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensurePythonEnvironment } from '../../engine/training/python-environment.js';
import type { Engine, RunningEngine, Workload } from './workloads.js';

/** An engine of the Python world, from pinned packages: its driver starts its services and does what it is told, a line each. */
export function pythonPeer(name: string, id: 'dagster' | 'prefect'): Engine {
  return { name, chainRuns: 3, start: (say, bound) => start(name, id, say, bound) };
}

async function start(
  name: string,
  id: string,
  onProgress: (line: string) => void,
  bound: number,
): Promise<RunningEngine> {
  const requirements = `requirements-${id}.txt`;
  const { python } = await ensurePythonEnvironment({ directory: __dirname, requirements, onProgress });
  const driver = spawn(python, [join(__dirname, 'peers', `${id}_driver.py`)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<{ done?: number }> => {
    for (;;) {
      const line = await lines.next();
      if (line.done) throw new Error(`the driver of ${name} has ended`);
      // What the engine itself prints is no answer.
      if (line.value.startsWith('{')) return JSON.parse(line.value) as { done?: number };
    }
  };
  await answer();
  return {
    async run(workload: Workload) {
      driver.stdin.write(`${JSON.stringify({ workload, bound })}\n`);
      return (await answer()).done ?? 0;
    },
    async close() {
      const ended = once(driver, 'close');
      driver.stdin.end();
      await ended;
    },
  };
}
