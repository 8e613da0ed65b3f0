import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError, type ModelServerStatus } from '../../schemas/index.js';
import type { HttpLimits } from '../http-limits.js';
import { packageRoot } from '../threads.js';
import { type Endpoint, EndpointFollower } from './endpoint-follower.js';
import { EndpointRouter } from './endpoint-router.js';
import { createInferenceApi } from './inference-api.js';
import { type EndpointSource, type LoadModel, type ReportStatus, type ServingLogger, SILENT } from './model-source.js';
import { ServingMetrics } from './serving-metrics.js';
import { ServingStatistics } from './serving-statistics.js';
import { StatusReporter } from './status-reporter.js';
import { VersionPool } from './version-pool.js';

export interface ModelServerOptions extends HttpLimits {
  /** Address to listen on; default 127.0.0.1. */
  host?: string;
  /** Port to listen on; default 0, a free one. */
  port?: number;
  /** Address that is reported to the owner; default is host and port. To be set where clients need another. */
  url?: string;
  /** States of the endpoints. */
  source: EndpointSource;
  /** Brings a model's files here. */
  loadModel: LoadModel;
  /** Takes the status, each second and on each change; default: nobody is told. */
  report?: ReportStatus;
  /** Time between two looks at the states, in milliseconds; default 500. */
  pollMs?: number;
  /** Longest time for a canary, in milliseconds, before the stable version answers; default 1000. */
  canaryTimeoutMs?: number;
  /** Longest time for a stable version, in milliseconds, before the request fails; default 10000. */
  stableTimeoutMs?: number;
  /** Most rows in a request; default 10000. */
  maxRows?: number;
  /** Threads for each loaded version; default 1. */
  inferenceThreads?: number;
  logger?: ServingLogger;
}

export interface ModelServer {
  url: string;
  /** Id of this start of the server. */
  serverId: string;
  /** Stops accepting, answers the requests in flight, ends the threads. */
  close(): Promise<void>;
}

/**
 * Starts a model server. It listens at once; `GET /v2/health/ready` says when the endpoints are loaded.
 * @throws MillraceError PORT_IN_USE
 */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const { host = '127.0.0.1', port = 0, source, loadModel, inferenceThreads: threads = 1, logger = SILENT } = options;
  const serverId = randomUUID();
  const statistics = new ServingStatistics();
  const pool = new VersionPool({
    loadModel,
    executor: ({ model, version }) => ({
      threads,
      onBatch: (requests) => metrics.batch(model, version, requests),
      onRestart: (err) => {
        metrics.threadRestarted(model, version);
        logger.error({ err, model, version }, 'an inference thread ended unexpectedly and is replaced');
      },
    }),
  });
  const onChange = ({ name, served }: Endpoint): void => {
    const arms = (served?.arms ?? []).map(({ arm, version }) => ({ arm, modelVersion: version.ref.version }));
    for (const { arm, modelVersion } of statistics.putInForce(name, arms)) metrics.forget(name, modelVersion, arm);
    reporter?.changed();
  };
  const follower = new EndpointFollower({ source, pool, pollMs: options.pollMs ?? 500, logger, onChange });
  const metrics = new ServingMetrics({
    endpoints: () => follower.endpoints,
    lastAnswer: () => follower.lastAnswer,
    loadedVersions: () => pool.size,
  });
  const router = new EndpointRouter({
    canaryTimeoutMs: options.canaryTimeoutMs ?? 1_000,
    stableTimeoutMs: options.stableTimeoutMs ?? 10_000,
    maxRows: options.maxRows ?? 10_000,
    statistics,
    metrics,
  });
  let url = '';
  const limits = { requestTimeoutMs: options.requestTimeoutMs, maxConnections: options.maxConnections };
  const status = (): ModelServerStatus => statusOf({ serverId, url }, follower.endpoints, statistics);
  const app = createInferenceApi({
    serverVersion: packageVersion(),
    follower,
    router,
    metrics,
    status,
    logger,
    ...limits,
  });

  try {
    url = await app.listen({ host, port });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new MillraceError('PORT_IN_USE', `port ${port} on ${host} is taken by another process`, { cause: error });
  }
  url = options.url ?? url;
  const reporter = options.report && new StatusReporter({ report: options.report, status, logger });
  follower.start();
  reporter?.changed();
  logger.info({ url, serverId }, 'model server listens');

  const shutDown = async (): Promise<void> => {
    await Promise.all([app.close(), reporter?.close()]);
    await follower.close();
    await pool.drained();
  };
  let closed: Promise<void> | undefined;
  return { url, serverId, close: () => (closed ??= shutDown()) };
}

function statusOf(
  server: { serverId: string; url: string },
  endpoints: readonly Endpoint[],
  statistics: ServingStatistics,
): ModelServerStatus {
  return {
    ...server,
    endpoints: endpoints.map(({ name, served, error }) => ({
      endpoint: name,
      generation: served?.state.generation ?? 0,
      ready: served !== null,
      error: error?.message ?? null,
      ...(error === null ? {} : { failedGeneration: error.generation }),
      statistics: statistics.snapshot(name),
    })),
  };
}

function packageVersion(): string {
  const file = join(packageRoot(__filename), 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
