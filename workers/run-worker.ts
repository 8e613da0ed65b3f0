import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Client, type Connection } from '@temporalio/client';
import { NativeConnection, Worker, type NativeConnectionOptions, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import {
  createAlertActivities,
  createAuditorActivities,
  createBackfillActivities,
  createBackfillQualityActivities,
  createDatasetActivities,
  createDeadlineActivities,
  createQualityActivities,
  createLineageActivities,
  createCacheActivities,
  createLineActivities,
  createPoolActivities,
  createProjectActivities,
  createRecallActivities,
  createRecallTrafficActivities,
  createRolloutActivities,
  createRunActivities,
  createScheduleActivities,
  createTrainingActivities,
  createTriggerActivities,
  type ActivityDependencies,
} from '../activities/index.js';
import {
  createLineageClient,
  parsePublicKey,
  parseSigningKey,
  startLineageOwner,
  type LineageOwnerOptions,
} from '../engine/lineage/index.js';
import { createScanPool, type ScanPool } from '../engine/quality/index.js';
import { createSecrets } from '../engine/secrets.js';
import { MillraceError, WORKER_ROLES, type MillraceConfig, type WorkerRole } from '../schemas/index.js';
import { codeLocation } from './code-location.js';
import { declarePipelines } from './declare-pipelines.js';
import { openWatchers } from './open-watchers.js';
import { hasSearchAttributes } from './search-attributes.js';
import { scheduleAuditor } from './schedule-auditor.js';
import { sweepScratch } from './scratch.js';
import { checkpointCopies, defaultStore } from './stores.js';
import { workflowBundle } from './workflow-bundle.js';

/** How a worker process is run. */
export interface RunWorkerOptions {
  /** Roles, or parts of roles by tag, as in `training-gpu`. */
  roles: readonly string[];
  config: MillraceConfig;
  /** Folder that relative paths of the configuration start at. */
  projectDir: string;
  /** Folder for scratch space, logs, and, with a local store, the data. */
  dataDir: string;
  temporal: NativeConnectionOptions & { namespace: string };
  /** Address of the lineage owner; not needed by a process that has the role `lineage` itself. */
  lineageUrl?: string;
  /** Where the owner listens, for the role `lineage`. Port 0 is any free one. */
  lineageListen?: { host: string; port: number };
  /** For the role `lineage`: waits for the database when another owner has it, and takes over when that one is gone. */
  lineageStandby?: boolean;
  logger: Logger;
  /** Ends the workers: no new work is taken, work under way has ten seconds. */
  signal: AbortSignal;
  /** Called once all workers poll. */
  onReady?: (ready: { lineageUrl: string }) => void;
}

/** Activities at once, by role. Training and data work use a core each. */
const CONCURRENCY: Record<WorkerRole, number> = { orchestration: 50, data: 2, training: 1, rollout: 20, lineage: 20 };

const GRACE = '10 seconds';

/** Runs workers for some roles in this process until the signal; resolves when all have drained. */
export async function runWorker(options: RunWorkerOptions): Promise<void> {
  const { roles, dataDir, logger, signal } = options;
  const parsed = roles.map(parseRole);
  await mkdir(dataDir, { recursive: true });
  await sweepScratch(dataDir);
  const owner = parsed.some(({ role }) => role === 'lineage')
    ? await startLineageOwner({
        databasePath: join(dataDir, 'lineage.duckdb'),
        logger,
        exports: options.config.lineage.export,
        audit: await auditOptions(options.config, dataDir),
        readObject: (uri) => defaultStore(options.config.stores, dataDir).read(uri),
        ...options.lineageListen,
        ...(options.lineageStandby === true ? { standby: signal } : {}),
      })
    : undefined;
  try {
    const lineageUrl = owner?.url ?? options.lineageUrl;
    if (lineageUrl === undefined)
      throw new MillraceError('LINEAGE_UNREACHABLE', 'no address of a lineage owner was given');
    const connection = await connect(options.temporal);
    const scanPool = createScanPool();
    try {
      const lineage = { url: lineageUrl, ...(owner && { token: owner.token }) };
      const dependencies = await dependenciesOf(options, connection, lineage, scanPool);
      // A bundle that cannot be built must be known before any worker holds the connection.
      const bundle = parsed.some(({ role }) => role === 'orchestration') ? await bundleOf(options) : undefined;
      if (bundle !== undefined) {
        await declarePipelines(options.config, options.projectDir, dependencies.lineage, logger);
        await openWatchers(options.config, dependencies.temporal, logger);
        await scheduleAuditor(options.config.auditor.everyMinutes, dependencies.temporal, logger);
      }
      const workers = await Promise.all(
        parsed.map((part) => createWorker(part, options, connection, dependencies, bundle)),
      );
      const running = workers.map((worker) => worker.run());
      const stop = () => workers.forEach((worker) => worker.shutdown());
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
      logger.info({ roles, lineageUrl }, 'workers are polling');
      options.onReady?.({ lineageUrl });
      await Promise.all(running);
    } finally {
      await scanPool.close();
      await connection.close();
    }
  } finally {
    await owner?.close();
  }
}

async function auditOptions(config: MillraceConfig, dataDir: string): Promise<LineageOwnerOptions['audit']> {
  const { key, formerKeys } = config.audit;
  return {
    copies: checkpointCopies(config, dataDir),
    formerKeys: formerKeys.map(({ publicKey, until }) => ({ key: parsePublicKey(publicKey), until })),
    ...(key === undefined ? {} : { key: parseSigningKey(await createSecrets().get(key)) }),
  };
}

interface RolePart {
  role: WorkerRole;
  queue: string;
}

function parseRole(text: string): RolePart {
  const role = WORKER_ROLES.find((candidate) => text === candidate || text.startsWith(`${candidate}-`));
  if (role !== undefined) return { role, queue: text };
  throw new MillraceError('INPUT_INVALID', `there is no role "${text}"; there are: ${WORKER_ROLES.join(', ')}`, {
    problems: [
      {
        path: 'role',
        message: `must be one of ${WORKER_ROLES.join(', ')}, or one of them with a tag, as in training-gpu`,
      },
    ],
  });
}

async function connect({ namespace, ...options }: RunWorkerOptions['temporal']): Promise<NativeConnection> {
  try {
    return await NativeConnection.connect(options);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new MillraceError(
      'TEMPORAL_UNREACHABLE',
      `${options.address ?? 'localhost:7233'}, namespace ${namespace}: ${message}`,
      {
        cause: error,
      },
    );
  }
}

async function dependenciesOf(
  { config, projectDir, dataDir, temporal, logger }: RunWorkerOptions,
  connection: NativeConnection,
  lineage: { url: string; token?: string },
  scanPool: ScanPool,
): Promise<ActivityDependencies> {
  const { namespace } = temporal;
  const searchAttributes = await hasSearchAttributes(connection, namespace);
  if (!searchAttributes) {
    logger.warn('the namespace lacks Millrace’s search attributes, runs go without them; mend: millrace doctor --fix');
  }
  return {
    config,
    projectDir,
    codeLocation: await codeLocation(projectDir),
    dataDir,
    store: defaultStore(config.stores, dataDir),
    scanPool,
    lineage: createLineageClient(lineage),
    lineageUrl: lineage.url,
    temporal: new Client({ connection: connection as unknown as Connection, namespace }),
    searchAttributes,
  };
}

async function createWorker(
  { role, queue }: RolePart,
  { config, temporal }: RunWorkerOptions,
  connection: NativeConnection,
  dependencies: ActivityDependencies,
  workflowBundle: WorkerOptions['workflowBundle'],
): Promise<Worker> {
  const { concurrency = CONCURRENCY[role], ratePerSecond } = config.roles[role] ?? {};
  const common = {
    connection,
    namespace: temporal.namespace,
    taskQueue: queue,
    shutdownGraceTime: GRACE,
    maxConcurrentActivityTaskExecutions: concurrency,
    ...(ratePerSecond !== undefined && { maxTaskQueueActivitiesPerSecond: ratePerSecond }),
  } satisfies WorkerOptions;
  const activities = activitiesOf(role, dependencies);
  if (role !== 'orchestration') return Worker.create({ ...common, activities });
  return Worker.create({ ...common, activities, workflowBundle });
}

function bundleOf({ config, projectDir }: RunWorkerOptions) {
  return workflowBundle(config.workflows === undefined ? undefined : resolve(projectDir, config.workflows));
}

function activitiesOf(role: WorkerRole, dependencies: ActivityDependencies): object {
  const project = createProjectActivities(dependencies);
  switch (role) {
    case 'orchestration':
      return {
        ...createRunActivities(dependencies),
        ...createAlertActivities(dependencies),
        ...createAuditorActivities(dependencies),
        ...createCacheActivities(dependencies),
        ...createPoolActivities(dependencies),
        ...createLineActivities(dependencies),
        ...createDeadlineActivities(dependencies),
        ...createBackfillActivities(dependencies),
        ...createRecallActivities(dependencies),
        ...createRecallTrafficActivities(dependencies),
        ...createScheduleActivities(dependencies),
        ...createTriggerActivities(dependencies),
        ...createLineageActivities(dependencies),
        ...project,
      };
    case 'data':
      return {
        ...createDatasetActivities(dependencies),
        ...createQualityActivities(dependencies),
        ...createBackfillQualityActivities(dependencies),
        ...project,
      };
    case 'training':
      return { ...createTrainingActivities(dependencies), ...project };
    case 'rollout':
      return { ...createRolloutActivities(dependencies), ...project };
    case 'lineage':
      return createLineageActivities(dependencies);
  }
}
