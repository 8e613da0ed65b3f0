import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { connect, type MillraceClient } from '../../client/index.js';
import { configSchema, definePipeline, WORKER_ROLES, type PipelineInput } from '../../schemas/index.js';
import { findTemporalBinary } from '../../workers/embedded/temporal-binary.js';
import { startTemporalServer } from '../../workers/embedded/temporal-server.js';
import { runWorker } from '../../workers/run-worker.js';
import { CHAIN, FIRST_DAY, LAST_DAY, WORKLOADS, type Engine, type RunningEngine } from './workloads.js';

/** Millrace with all roles in this process: each run and each of its steps is on record in lineage before the run ends. */
export const millrace: Engine = {
  name: 'Millrace',
  chainRuns: 11,
  async start(): Promise<RunningEngine> {
    const { client, close } = await startMillrace(PIPELINES);
    let nth = 0;
    const run = async (pipeline: string, partition: string) =>
      (await client.startRun({ pipeline, partition, requestedBy: 'bench' })).result();
    return {
      async run(workload) {
        const { units } = WORKLOADS[workload];
        const partition = () =>
          `${2000 + (nth % 900)}-01-${String((Math.floor(nth++ / 900) % 28) + 1).padStart(2, '0')}`;
        if (workload === 'chain') await run('chain', partition());
        else if (workload === 'fanOut') await run('fan-out', partition());
        else if (workload === 'chains')
          await Promise.all(Array.from({ length: units }, () => run('chain', partition())));
        else {
          const range = { pipeline: 'month', from: FIRST_DAY, to: LAST_DAY };
          const result = await (await client.startBackfill({ ...range, requestedBy: 'bench' })).result();
          return result.counts.succeeded ?? 0;
        }
        return units;
      },
      close,
    };
  },
};

const nothing = { type: 'activity', activity: 'nothing', role: 'orchestration' } as const;
const chainSteps = Object.fromEntries(
  Array.from({ length: CHAIN }, (_, step) => [
    `step-${step}`,
    { ...nothing, needs: step === 0 ? [] : [`step-${step - 1}`] },
  ]),
);
const days = { kind: 'daily', timezone: 'UTC' } as const;

const PIPELINES = [
  definePipeline({ name: 'chain', partitions: days, steps: chainSteps }),
  definePipeline({ name: 'month', partitions: days, steps: chainSteps }),
  definePipeline({
    name: 'fan-out',
    partitions: days,
    steps: Object.fromEntries(
      Array.from({ length: WORKLOADS.fanOut.units }, (_, step) => [`step-${step}`, { ...nothing }]),
    ),
  }),
];

/** A server in memory and workers of all roles, in a folder of their own. */
export async function startMillrace(
  pipelines: PipelineInput[],
): Promise<{ client: MillraceClient; close: () => Promise<void> }> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const { path } = await findTemporalBinary({ env: { ...process.env, TEMPORAL_ADDRESS: undefined } });
  const server = await startTemporalServer({ binary: path, dataDir, inMemory: true });
  const stop = new AbortController();
  let workers: Promise<void> = Promise.resolve();
  await new Promise<unknown>((ready, reject) => {
    workers = runWorker({
      roles: WORKER_ROLES,
      config: configSchema.parse({ pipelines, activities: { nothing: () => Promise.resolve(null) } }),
      projectDir: dataDir,
      dataDir,
      temporal: { address: server.address, namespace: 'default' },
      logger: pino({ level: 'silent' }),
      signal: stop.signal,
      onReady: ready,
    });
    workers.catch(reject);
  });
  const client = await connect({ address: server.address, plain: true });
  return {
    client,
    close: async () => {
      await client.close();
      stop.abort();
      await workers;
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
