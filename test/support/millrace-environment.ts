import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { pino } from 'pino';
import { connect, type MillraceClient } from '../../client/index.js';
import { createLineageClient, type LineageClient } from '../../engine/lineage/index.js';
import { configSchema, WORKER_ROLES, type MillraceConfig, type MillraceConfigInput } from '../../schemas/index.js';
import { runWorker } from '../../workers/run-worker.js';
import { startTemporal } from './temporal-environment.js';

/** Everything that a run needs, in this process: a real server, real workers of all roles, a real lineage owner. */
export interface MillraceEnvironment {
  temporal: TestWorkflowEnvironment;
  client: MillraceClient;
  /** As the workers have it: what a test changes in it, they see. */
  config: MillraceConfig;
  lineage: LineageClient;
  lineageUrl: string;
  dataDir: string;
  close(): Promise<void>;
}

export const PROJECT_DIR = join(__dirname, '..', '..');

/** Starts a project of its own on a fresh server. */
export async function startMillrace(
  config: MillraceConfigInput,
  projectDir = PROJECT_DIR,
): Promise<MillraceEnvironment> {
  const dataDir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  const temporal = await startTemporal();
  const stop = new AbortController();
  const parsed = configSchema.parse(config);
  let workers: Promise<void> = Promise.resolve();
  const lineageUrl = await new Promise<string>((resolve, reject) => {
    workers = runWorker({
      roles: WORKER_ROLES,
      config: parsed,
      projectDir,
      dataDir,
      temporal: { address: temporal.address, namespace: 'default' },
      logger: pino({ level: process.env.MILLRACE_LOG_LEVEL ?? 'silent' }),
      signal: stop.signal,
      onReady: (ready) => resolve(ready.lineageUrl),
    });
    workers.catch(reject);
  });
  const client = await connect({
    ...{ address: temporal.address, namespace: 'default', plain: true },
    lineage: { url: lineageUrl },
  });
  return {
    temporal,
    client,
    config: parsed,
    lineage: createLineageClient({ url: lineageUrl }),
    lineageUrl,
    dataDir,
    close: async () => {
      await client.close();
      stop.abort();
      await workers;
      await temporal.teardown();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
