import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ensurePythonEnvironment } from '../../engine/training/python-environment.js';
import { findPostgres, startPostgres, type PostgresServer } from '../../test/support/postgres.js';
import type { Engine, RunningEngine, Workload } from './workloads.js';

/** How long an engine may take until it is up. Its driver gives up a little earlier, and says why. */
const UP_MS = 600_000;

/** An engine of the Python world, from pinned packages: its driver starts its services and does what it is told, a line each. */
export function pythonPeer(name: string, id: 'dagster' | 'prefect' | 'airflow'): Engine {
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
  const database = id === 'airflow' ? await openDatabase(onProgress) : undefined;
  const driver = spawn(python, [join(__dirname, 'peers', `${id}_driver.py`)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, BENCH_DATABASE_URL: database?.url() ?? '' },
  });
  const lines = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();
  const ended = once(driver, 'close');

  async function answer(withinMs: number): Promise<{ done?: number }> {
    const limit = setTimeout(() => driver.kill('SIGINT'), withinMs);
    try {
      for (;;) {
        const line = await lines.next();
        if (line.done) throw new Error(`the driver of ${name} has ended`);
        // What the engine itself prints is no answer.
        if (line.value.startsWith('{')) return JSON.parse(line.value) as { done?: number };
      }
    } finally {
      clearTimeout(limit);
    }
  }

  async function close(): Promise<void> {
    driver.stdin.end();
    await ended;
    await database?.close();
  }

  try {
    await answer(UP_MS);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...(id === 'airflow' && { on: database === undefined ? 'SQLite' : 'PostgreSQL' }),
    async run(workload: Workload) {
      driver.stdin.write(`${JSON.stringify({ workload, bound })}\n`);
      // The start of its runs and their cancellation take time too.
      return (await answer(bound * 1000 + UP_MS)).done ?? 0;
    },
    close,
  };
}

/** PostgreSQL if it is installed; what Airflow does with its own SQLite says little of it. */
async function openDatabase(say: (line: string) => void): Promise<PostgresServer | undefined> {
  const bin = findPostgres();
  if (bin !== undefined) return startPostgres(bin);
  say('there is no PostgreSQL here, so Airflow has its own SQLite');
  return undefined;
}
