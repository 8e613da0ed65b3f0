import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { findTemporalBinary } from '../../workers/embedded/temporal-binary.js';
import { startTemporalServer } from '../../workers/embedded/temporal-server.js';
import { CHAIN, WORKLOADS, type Engine, type RunningEngine } from './workloads.js';

interface PlainTemporal {
  name: string;
  activities: 'ordinary' | 'local';
  /** Of the server, as in `KEY=VALUE`; empty: its defaults. */
  dynamicConfig: readonly string[];
}

/** Plain Temporal: a worker with its defaults, a client that starts each workflow; nothing is on record but its history. */
export function plainTemporal({ name, activities, dynamicConfig }: PlainTemporal): Engine {
  return { name, chainRuns: 11, start: () => start(activities, dynamicConfig) };
}

async function start(how: 'ordinary' | 'local', dynamicConfig: readonly string[]): Promise<RunningEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const { path } = await findTemporalBinary({ env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
  const server = await startTemporalServer({ binary: path, dataDir: folder, inMemory: true, dynamicConfig });
  const connection = await NativeConnection.connect({ address: server.address });
  const taskQueue = 'bench';
  const worker = await Worker.create({
    connection,
    taskQueue,
    workflowsPath: join(__dirname, 'temporal-workflows.ts'),
    activities: { nothing: () => Promise.resolve(null) },
  });
  const running = worker.run();
  const clientConnection = await Connection.connect({ address: server.address });
  const client = new Client({ connection: clientConnection });
  const execute = (type: string, steps: number) =>
    client.workflow.execute(type, { taskQueue, workflowId: randomUUID(), args: [steps, how] });
  const many = async (type: string, count: number) => {
    await Promise.all(Array.from({ length: count }, () => execute(type, type === 'chain' ? CHAIN : 1)));
    return count;
  };
  return {
    async run(workload) {
      const { units } = WORKLOADS[workload];
      if (workload === 'chain') await execute('chain', CHAIN);
      else if (workload === 'fanOut') await execute('fanOut', units);
      else await many('chain', units);
      return units;
    },
    async close() {
      worker.shutdown();
      await running;
      await clientConnection.close();
      await connection.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
