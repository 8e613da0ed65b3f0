import { z } from 'zod';
import {
  aliasDetailsSchema,
  aliasHistoryResponseSchema,
  auditResponseSchema,
  auditVerificationSchema,
  checkpointResponseSchema,
  columnGraphSchema,
  datasetsResponseSchema,
  deadLettersResponseSchema,
  resentSchema,
  datasetVersionsResponseSchema,
  endpointHistoryResponseSchema,
  endpointsResponseSchema,
  endpointStateSchema,
  exportsResponseSchema,
  impactSchema,
  isMillraceError,
  latestRunsResponseSchema,
  lineageGraphSchema,
  lineageHealthSchema,
  marksResponseSchema,
  modelDetailsSchema,
  modelServersResponseSchema,
  modelsResponseSchema,
  recordedObjectsResponseSchema,
  resolvePartitionsResponseSchema,
  retentionFactsResponseSchema,
  openLineageEventsSchema,
  ownerWorkResponseSchema,
  rebuildResponseSchema,
  runDetailsSchema,
  runQualityResponseSchema,
  runRecordSchema,
  runsResponseSchema,
  specificationResponseSchema,
  staleResponseSchema,
  whySchema,
  type AliasDetails,
  type AliasMove,
  type AuditResponse,
  type AuditVerification,
  type OwnerWork,
  type ColumnGraph,
  type DatasetSummary,
  type DeadLetters,
  type Resent,
  type DatasetVersionDetails,
  type EndpointChange,
  type EndpointState,
  type ExportStatus,
  type Impact,
  type LatestRun,
  type LineageGraph,
  type LineageHealth,
  type LineageRecord,
  type Mark,
  type MarkInForce,
  type ModelDetails,
  type ModelServerStatus,
  type ModelSummary,
  type QualityResult,
  type RecordedObject,
  type RecordResult,
  type OpenLineageRunEvent,
  type ResolvedPartition,
  type RetentionFacts,
  type RunDetails,
  type RunRecord,
  type RunSummary,
  type StaleResponse,
  type Why,
} from '../../schemas/index.js';
import { createAlertClient, type AlertClient } from './alert-client.js';
import { createCacheClient, type CacheClient } from './cache-client.js';
import { createLineageRequest, type Fetch } from '../../schemas/lineage-request.js';
import { createGapClient, type GapClient } from './gap-client.js';
import type { RunFilter } from './run-queries.js';
import { createRecordSender } from './record-sender.js';
import { sendHttp } from './http-send.js';
import { createPartitionSetClient, type PartitionSetClient } from './partition-set-client.js';
import { createTriggerClient, type TriggerClient } from './trigger-client.js';

/** Which versions of a dataset are meant; all by default. */
export interface DatasetVersionsOptions {
  partition?: string;
  /** First and last partition, by the order of their keys. */
  from?: string;
  to?: string;
  /** How the version begins. */
  version?: string;
  /** Only the version that is read for its partition. */
  published?: boolean;
  limit?: number;
}

/**
 * The lineage owner, from any process. Every method throws LINEAGE_UNREACHABLE if the owner does not answer in time, and
 * the owner’s own errors by their codes. Every call may be repeated: records are idempotent by key.
 */
export interface LineageClient {
  health(): Promise<LineageHealth>;
  /**
   * Records facts, all or none; resolves once they are durable. At most 1000. See {@link LineageStore.record}. What is
   * recorded while requests are under way waits for one of them and goes in one message with the rest; each call still
   * has an outcome of its own.
   */
  record(records: readonly LineageRecord[]): Promise<RecordResult[]>;
  /** What can be read of each partition, in the order of the keys. */
  resolvePartitions(dataset: string, partitions: readonly string[]): Promise<ResolvedPartition[]>;
  datasets(): Promise<DatasetSummary[]>;
  /** Versions of a dataset, newest first; 100 by default, at most 1000. */
  datasetVersions(dataset: string, options?: DatasetVersionsOptions): Promise<DatasetVersionDetails[]>;
  /** As `datasetVersions`, in pages; give the `next` of an answer as `after` for the following one. */
  datasetVersionsPage(
    dataset: string,
    options?: DatasetVersionsOptions & { after?: string },
  ): Promise<{ versions: DatasetVersionDetails[]; next: string | null }>;
  /** Runs, newest first; 100 by default, at most 1000. */
  runs(options?: Partial<RunFilter>): Promise<RunSummary[]>;
  /** A page of runs; `next` is the `after` of the page that follows, null on the last. */
  runsPage(options?: Partial<RunFilter> & { after?: string }): Promise<{ runs: RunSummary[]; next: string | null }>;
  /** The newest run of each partition, under way or ended; partitions that never ran are left out. */
  latestRuns(pipeline: string, partitions: readonly string[]): Promise<LatestRun[]>;
  /** Throws NOT_FOUND. */
  run(runId: string): Promise<RunDetails>;
  /** What a run was to do and what its steps left behind; throws NOT_FOUND. */
  runRecord(runId: string): Promise<RunRecord>;
  /** A frozen specification by its digest; throws SPECIFICATION_NOT_FOUND. */
  specification(digest: string): Promise<unknown>;
  /** Quality reports of a run. */
  runQuality(runId: string): Promise<QualityResult[]>;
  /** A run as OpenLineage events, for other tools; throws NOT_FOUND. */
  openLineage(runId: string): Promise<OpenLineageRunEvent[]>;
  /** How far the receivers of OpenLineage events are. */
  exports(): Promise<ExportStatus[]>;
  /** Events that a receiver refused, oldest first; 100 by default, at most 1000. Throws NOT_FOUND. */
  deadLetters(receiver: string, options?: { limit?: number; after?: string }): Promise<DeadLetters>;
  /** Sends a receiver what it refused once more, oldest first; 100 by default, at most 1000. Throws NOT_FOUND. */
  resend(receiver: string, options?: { limit?: number }): Promise<Resent>;
  models(): Promise<ModelSummary[]>;
  /** Throws NOT_FOUND. */
  model(model: string): Promise<ModelDetails>;
  /** The version that an alias stands for; throws NOT_FOUND. */
  alias(model: string, alias: string): Promise<AliasDetails>;
  /** Every move of an alias, newest first. */
  aliasHistory(model: string, alias: string): Promise<AliasMove[]>;
  /** The states in force, also of retired endpoints. */
  endpoints(): Promise<EndpointState[]>;
  /** The state in force; null if the endpoint was never set. */
  endpoint(endpoint: string): Promise<EndpointState | null>;
  /** Every state of an endpoint, newest first. */
  endpointHistory(endpoint: string): Promise<EndpointChange[]>;
  /** Called by a model server each second and on each change; it is forgotten 5 s after the last call. */
  reportModelServer(status: ModelServerStatus): Promise<void>;
  modelServers(): Promise<ModelServerStatus[]>;
  /**
   * What a node came from (`upstream`, the default) or what came of it, `depth` edges far (20 by default, at most 100).
   * The node may be given loosely, as in `flight-delays` or `dataset:flights/2001-03-01`; throws NOT_FOUND.
   */
  graph(node: string, options?: { direction?: LineageGraph['direction']; depth?: number }): Promise<LineageGraph>;
  /** What led to a prediction, by the id that the model server gave it; throws INPUT_INVALID, NOT_FOUND. */
  why(prediction: string): Promise<Why>;
  /** Where the columns of a dataset come from, or what is made of them; throws NOT_FOUND. */
  columns(dataset: string, options?: { column?: string; direction?: ColumnGraph['direction'] }): Promise<ColumnGraph>;
  /** Changes of state by people and services, newest first. */
  audit(options?: { actor?: string; action?: string; limit?: number; after?: string }): Promise<AuditResponse>;
  /** What keeps the owner busy for longer than a question, and how far that is. */
  work(): Promise<OwnerWork[]>;
  /** Goes through all events: any that was changed, removed or put in is told with its number. */
  verifyAudit(): Promise<AuditVerification>;
  /** Signs how far the audit chain goes now; the checkpoint is null if nothing was recorded since the last. */
  signAudit(): Promise<z.infer<typeof checkpointResponseSchema>>;
  /** Makes every projection again from the events; gives their number. */
  rebuild(): Promise<number>;
  /** Everything downstream of a node, however far: models, endpoints that serve them, dataset versions, runs. Throws NOT_FOUND. */
  impact(node: string): Promise<Impact>;
  /** Objects of the object store that records mention, in pages; give the `next` of an answer as `after`. */
  recordedObjects(options?: {
    limit?: number;
    after?: string;
    removedBefore?: string;
  }): Promise<{ objects: RecordedObject[]; next: string | null }>;
  /** Pins, legal holds and taints in force, newest first; 100 by default, at most 1000. */
  marks(options?: { mark?: Mark; limit?: number }): Promise<MarkInForce[]>;
  /** Versions of a dataset that retention did not let go, and what needs each; in pages, as `recordedObjects`. */
  retentionFacts(
    dataset: string,
    options?: { limit?: number; after?: string },
  ): Promise<{ versions: RetentionFacts[]; next: string | null }>;
  /**
   * Partitions that are not what a run would make of them now, with the reasons; all datasets by default. A page has 100 by
   * default, at most 1000; give the `next` of an answer as `after` for the following one.
   */
  stale(options?: { dataset?: string; limit?: number; after?: string }): Promise<StaleResponse>;
  /** Dynamic sets of partitions. */
  readonly partitionSets: PartitionSetClient;
  readonly triggers: TriggerClient;
  readonly alerts: AlertClient;
  /** Steps whose results are reused. */
  readonly cache: CacheClient;
  readonly gaps: GapClient;
}

/** A client of the lineage owner. Makes no connection before the first call. */
export function createLineageClient(options: {
  /** Address of the owner, as in `http://127.0.0.1:4300`. */
  url: string;
  /** Longest wait for an answer, in milliseconds; 5000 by default. */
  timeoutMs?: number;
  /** Token; MILLRACE_LINEAGE_TOKEN by default, in processes of the embedded mode else theirs. */
  token?: string;
  /** For tests. */
  fetch?: Fetch;
}): LineageClient {
  const request = createLineageRequest({
    fetch: sendHttp,
    timeoutMs: 5000,
    token: process.env.MILLRACE_LINEAGE_TOKEN ?? process.env.MILLRACE_SIBLING_TOKEN,
    ...options,
  });
  const get = <S extends z.ZodType>(schema: S, path: string) => request(schema, 'GET', path);
  return {
    health: () => get(lineageHealthSchema, '/health'),
    record: createRecordSender(request),
    resolvePartitions: async (dataset, partitions) => {
      const body = { dataset, partitions };
      return (await request(resolvePartitionsResponseSchema, 'POST', '/partitions/resolve', body)).partitions;
    },
    datasets: async () => (await get(datasetsResponseSchema, '/datasets')).datasets,
    datasetVersions: async (dataset, query = {}) =>
      (await get(datasetVersionsResponseSchema, path`/datasets/${dataset}/versions` + search(query))).versions,
    datasetVersionsPage: (dataset, query = {}) =>
      get(datasetVersionsResponseSchema, path`/datasets/${dataset}/versions` + search(query)),
    runs: async (query = {}) => (await get(runsResponseSchema, `/runs${search(query)}`)).runs,
    runsPage: (query = {}) => get(runsResponseSchema, `/runs${search(query)}`),
    latestRuns: async (pipeline, partitions) =>
      (await request(latestRunsResponseSchema, 'POST', '/runs/latest', { pipeline, partitions })).runs,
    run: (runId) => get(runDetailsSchema, path`/runs/${runId}`),
    runRecord: (runId) => get(runRecordSchema, path`/runs/${runId}/record`),
    specification: async (digest) =>
      (await get(specificationResponseSchema, path`/specifications/${digest}`)).specification,
    runQuality: async (runId) => (await get(runQualityResponseSchema, path`/runs/${runId}/quality`)).results,
    openLineage: async (runId) => (await get(openLineageEventsSchema, path`/runs/${runId}/openlineage`)).events,
    exports: async () => (await get(exportsResponseSchema, '/exports')).exports,
    deadLetters: (receiver, query = {}) =>
      get(deadLettersResponseSchema, path`/exports/${receiver}/dead-letters` + search(query)),
    resend: (receiver, body = {}) => request(resentSchema, 'POST', path`/exports/${receiver}/resend`, body),
    models: async () => (await get(modelsResponseSchema, '/models')).models,
    model: (model) => get(modelDetailsSchema, path`/models/${model}`),
    alias: (model, alias) => get(aliasDetailsSchema, path`/models/${model}/aliases/${alias}`),
    aliasHistory: async (model, alias) =>
      (await get(aliasHistoryResponseSchema, path`/models/${model}/aliases/${alias}/history`)).moves,
    endpoints: async () => (await get(endpointsResponseSchema, '/endpoints')).endpoints,
    endpoint: async (endpoint) => {
      try {
        return await get(endpointStateSchema, path`/endpoints/${endpoint}`);
      } catch (error) {
        if (isMillraceError(error) && error.code === 'NOT_FOUND') return null;
        throw error;
      }
    },
    endpointHistory: async (endpoint) =>
      (await get(endpointHistoryResponseSchema, path`/endpoints/${endpoint}/history`)).changes,
    reportModelServer: async (status) => {
      await request(z.undefined(), 'PUT', path`/model-servers/${status.serverId}`, status);
    },
    modelServers: async () => (await get(modelServersResponseSchema, '/model-servers')).servers,
    graph: (node, query = {}) => get(lineageGraphSchema, `/lineage${search({ node, ...query })}`),
    why: (prediction) => get(whySchema, `/why${search({ prediction })}`),
    columns: (dataset, query = {}) => get(columnGraphSchema, `/columns${search({ dataset, ...query })}`),
    audit: (query = {}) => get(auditResponseSchema, `/audit${search(query)}`),
    work: async () => (await get(ownerWorkResponseSchema, '/work')).work,
    verifyAudit: () => get(auditVerificationSchema, '/audit/verify'),
    signAudit: () => request(checkpointResponseSchema, 'POST', '/admin/checkpoint'),
    rebuild: async () => (await request(rebuildResponseSchema, 'POST', '/admin/rebuild')).events,
    impact: (node) => get(impactSchema, `/impact${search({ node })}`),
    marks: async (query = {}) => (await get(marksResponseSchema, `/marks${search(query)}`)).marks,
    retentionFacts: (dataset, query = {}) =>
      get(retentionFactsResponseSchema, path`/datasets/${dataset}/retention` + search(query)),
    recordedObjects: (query = {}) => get(recordedObjectsResponseSchema, `/objects${search(query)}`),
    stale: (query = {}) => get(staleResponseSchema, `/stale${search(query)}`),
    partitionSets: createPartitionSetClient(request),
    triggers: createTriggerClient(request),
    alerts: createAlertClient(request),
    cache: createCacheClient(request),
    gaps: createGapClient(request),
  };
}

/** A path whose parts are escaped. */
function path(texts: TemplateStringsArray, ...parts: string[]): string {
  return String.raw({ raw: texts }, ...parts.map(encodeURIComponent));
}

function search(query: object): string {
  const given = Object.entries(query as Record<string, string | number | boolean | undefined>).flatMap(
    ([name, value]) => (value === undefined ? [] : [[name, String(value)] as const]),
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(given)).toString()}`;
}
