import { Client, Connection, isGrpcServiceError, type ConnectionOptions } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { BackfillRequest, BackfillResult } from '../schemas/backfill.js';
import type { BackfillRange } from '../schemas/backfill-range.js';
import { MillraceError } from '../schemas/errors.js';
import { fairnessKey } from '../schemas/fairness.js';
import { parseWith } from '../schemas/parse.js';
import { runInputSchema, type RetryRequest, type RunInput, type RunRequest } from '../schemas/run.js';
import { summaryText } from '../schemas/text-size.js';
import { taskQueue } from '../schemas/task-queues.js';
import type { PoolStatus } from '../schemas/pool.js';
import type { TriggerRequest } from '../schemas/trigger.js';
import { backfillWorkflowId, resolvingWorkflowId, runWorkflowId, SEARCH_ATTRIBUTES } from '../schemas/workflow-ids.js';
import { createBackfillHandle, planBackfill, startBackfill, type BackfillHandle } from './backfill-handle.js';
import { listBackfills, type BackfillFilter, type BackfillSummary } from './backfills.js';
import { asConnectError, asMillraceError } from './failures.js';
import { trackCalls } from './open-calls.js';
import { createPartitions, type DynamicPartitions, type LineageTarget } from './partitions.js';
import { listPools } from './pools.js';
import { createSchedules, type Schedules } from './schedules.js';
import { createTriggers, type Triggers } from './triggers.js';
import { temporalProfile } from './temporal-profile.js';
import { retryRun } from './retry-run.js';
import { createRunHandle, type Caller, type RunHandle } from './run-handle.js';

const GRPC_INVALID_ARGUMENT = 3;

export interface ConnectOptions {
  /** Address of the Temporal frontend; by default that of the profile or of TEMPORAL_ADDRESS, else `localhost:7233`. */
  address?: string;
  /** Temporal namespace; by default that of the profile or of TEMPORAL_NAMESPACE, else `default`. */
  namespace?: string;
  /** Profile in `temporal.toml`; by default TEMPORAL_PROFILE, else `default`. */
  profile?: string;
  /** Uses no profile and no environment: address and namespace alone, without TLS and keys. Default false. */
  plain?: boolean;
  /** How long to wait for the server, in milliseconds; default 10,000. */
  timeoutMs?: number;
  /** Name under which the server lists this client; by default `PID@HOST`. */
  identity?: string;
  /** Where the lineage owner is, for `partitions`; by default MILLRACE_LINEAGE_URL and MILLRACE_LINEAGE_TOKEN. */
  lineage?: LineageTarget;
}

/** Starts pipelines, and finds those that run. */
export interface MillraceClient {
  /** Address and namespace that it is connected to. */
  readonly address: string;
  readonly namespace: string;
  /**
   * Starts a run. For a pipeline and partition there is one execution at a time: if one is under way, the handle is attached
   * to it. Without a partition the worker takes the last one that is complete at the logical time.
   * @throws MillraceError INPUT_INVALID, TEMPORAL_UNREACHABLE
   */
  startRun(request: RunRequest): Promise<RunHandle>;
  /**
   * Starts a backfill: a run for each partition of a range that needs one. For a range there is one execution at a time: if one
   * is under way, the handle is attached to it.
   * @throws MillraceError INPUT_INVALID, TEMPORAL_UNREACHABLE
   */
  startBackfill(request: BackfillRequest): Promise<BackfillHandle>;
  /**
   * What a backfill would do: its result has the verdict `planned`, and the hash of the plan for `planHash`. Needs a worker.
   * @throws MillraceError INPUT_INVALID, PIPELINE_UNKNOWN, PARTITION_INVALID, PARAMETER_INVALID, TEMPORAL_UNREACHABLE
   */
  planBackfill(request: BackfillRequest): Promise<BackfillResult>;
  /**
   * The newest backfill of a range, of some keys, of a whole set (without range and keys), or of an id; under way or ended.
   * @throws MillraceError NOT_FOUND, TEMPORAL_UNREACHABLE
   */
  getBackfill(which: ({ pipeline: string } & BackfillRange) | { workflowId: string }): Promise<BackfillHandle>;
  /** Backfills, newest first; how far those are that run, where a worker answers. @throws MillraceError TEMPORAL_UNREACHABLE */
  backfills(filter?: BackfillFilter): Promise<BackfillSummary[]>;
  /** The newest run of a pipeline for a partition, under way or ended. @throws MillraceError NOT_FOUND, TEMPORAL_UNREACHABLE */
  getRun(run: { pipeline: string; partition: string }): Promise<RunHandle>;
  /**
   * Goes on with the last run of a partition: one that has ended is started again, with the results of its steps that are
   * still valid; of one that is under way, the failed step that waits is done again (its handle has no run id then). Waits, five seconds
   * at most, until a worker has seen what is left to be done.
   * @throws MillraceError INPUT_INVALID where nothing is left to be done, or nothing waits; NOT_FOUND, TEMPORAL_UNREACHABLE
   */
  retryRun(request: RetryRequest): Promise<RunHandle>;
  /** The schedules of pipelines in Temporal. */
  readonly schedules: Schedules;
  /** Events that make pipelines run. */
  readonly triggers: Triggers;
  /** Keys of dynamic sets of partitions; asks the lineage owner, and not Temporal. */
  readonly partitions: DynamicPartitions;
  /** Who has a place in each pool, and who waits for one; pools that nobody needs are left out. @throws MillraceError TEMPORAL_UNREACHABLE */
  pools(): Promise<PoolStatus[]>;
  /** Tells a pipeline that something happened: `triggers.send`. */
  trigger(request: TriggerRequest): Promise<{ id: string }>;
  /** Temporal’s own client, for everything else. */
  readonly temporal: Client;
  /** Ends the connection. What still waits on it, such as `result()`, and what is asked later fails with TEMPORAL_UNREACHABLE. */
  close(): Promise<void>;
}

/**
 * Connects to the Temporal server. Where it is and how to get in comes from the profiles and variables that Temporal’s own
 * tools read (`temporal.toml`, `TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, `TEMPORAL_TLS…`); options pass over it.
 * @throws MillraceError INPUT_INVALID (the address), TEMPORAL_UNREACHABLE
 * @example
 * const client = await connect();
 * const run = await client.startRun({ pipeline: 'flight-delays', partition: '2001-03-01', requestedBy: 'billing' });
 * const { verdict, reason } = await run.result();
 */
export async function connect(options: ConnectOptions = {}): Promise<MillraceClient> {
  const configured = options.plain ? { connectionOptions: {}, namespace: undefined } : temporalProfile(options.profile);
  const namespace = options.namespace ?? configured.namespace ?? 'default';
  const connectionOptions = configured.connectionOptions as ConnectionOptions;
  const address = options.address ?? connectionOptions.address ?? 'localhost:7233';
  const calls = trackCalls();
  const underWay = new Set<Promise<unknown>>();
  let closed = false;
  const call: Caller = async (work) => {
    if (closed) throw new MillraceError('TEMPORAL_UNREACHABLE', `Temporal at ${address}: this client was closed`);
    const working = work();
    underWay.add(working);
    try {
      return await working;
    } catch (error) {
      throw asMillraceError(error, address);
    } finally {
      underWay.delete(working);
    }
  };

  const connection = await Connection.connect({
    ...connectionOptions,
    address,
    interceptors: calls.interceptors,
    connectTimeout: options.timeoutMs ?? 10_000,
  }).catch((error: unknown) => {
    throw asConnectError(error, address);
  });
  const client = new Client({ connection, namespace, identity: options.identity });
  const triggers = createTriggers(client, call);

  return {
    address,
    namespace,
    temporal: client,
    schedules: createSchedules(client, call),
    triggers,
    partitions: createPartitions(options.lineage ?? {}),
    pools: () => listPools(client, call),
    trigger: (request) => triggers.send(request),
    startRun: async (request) => {
      const input = parseWith(runInputSchema, request, 'run request');
      return call(() => startRun(client, call, input));
    },
    startBackfill: (request) => startBackfill(client, call, request),
    planBackfill: (request) => planBackfill(client, call, request),
    backfills: (filter = {}) => listBackfills(client, call, filter),
    getBackfill: (which) =>
      call(async () => {
        const id = 'workflowId' in which ? which.workflowId : backfillWorkflowId(which.pipeline, which);
        const handle = client.workflow.getHandle(id);
        await handle.describe();
        return createBackfillHandle(client, call, handle, true);
      }),
    getRun: async (run) => (await findRun(client, call, run)).run,
    retryRun: (request) =>
      call(() =>
        retryRun(request, {
          find: (run) => findRun(client, call, run),
          start: (input) => startRun(client, call, parseWith(runInputSchema, input, 'run request')),
        }),
      ),
    close: async () => {
      closed = true;
      calls.cancel();
      await Promise.allSettled(underWay);
      await connection.close();
    },
  };
}

async function findRun(client: Client, call: Caller, { pipeline, partition }: { pipeline: string; partition: string }) {
  const handle = client.workflow.getHandle(runWorkflowId(pipeline, partition));
  await call(() => handle.describe());
  return { handle, run: createRunHandle({ client, call, handle, attached: true, pipeline, partition }) };
}

async function startRun(client: Client, call: Caller, input: RunInput): Promise<RunHandle> {
  const { pipeline, partition } = input;
  const startId = crypto.randomUUID();
  const start = (searchable: boolean) =>
    client.workflow.start('pipelineRun', {
      // Which partition is meant is for the worker to say; until then the execution has an id of its own.
      workflowId: partition === undefined ? resolvingWorkflowId(pipeline, startId) : runWorkflowId(pipeline, partition),
      taskQueue: taskQueue('orchestration'),
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: summaryText(`${pipeline} ${partition ?? '(newest complete partition)'}`),
      memo: { requestedBy: input.requestedBy, startId },
      priority: { fairnessKey: fairnessKey('run', pipeline) },
      ...(searchable && { typedSearchAttributes: searchAttributes(pipeline, partition) }),
    });
  const handle = await start(true).catch((error: unknown) => {
    if (lacksSearchAttributes(error)) return start(false);
    throw error;
  });
  // The server does not tell the SDK’s caller whether it started something, but an execution keeps its first memo.
  const { memo } = await client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId).describe();
  return createRunHandle({
    client,
    call,
    handle,
    runId: handle.firstExecutionRunId,
    attached: memo?.startId !== startId,
    pipeline,
    partition,
  });
}

function searchAttributes(pipeline: string, partition: string | undefined) {
  const pair = (name: string, value: string) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value });
  return [
    pair(SEARCH_ATTRIBUTES.pipeline, pipeline),
    ...(partition === undefined ? [] : [pair(SEARCH_ATTRIBUTES.partition, partition)]),
  ];
}

/** A namespace may not have them registered; runs are only harder to find then. `millrace doctor --fix` registers them. */
function lacksSearchAttributes(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return (
    isGrpcServiceError(cause) &&
    Number(cause.code) === GRPC_INVALID_ARGUMENT &&
    /search attribute/i.test(cause.details || cause.message)
  );
}
