import { z } from 'zod';
import {
  cacheClaimRequestSchema,
  cacheClaimResponseSchema,
  cacheFindRequestSchema,
  cacheFindResponseSchema,
  alertDeliveriesResponseSchema,
  alertsAfterRequestSchema,
  alertsAfterResponseSchema,
  aliasDetailsSchema,
  aliasHistoryResponseSchema,
  auditResponseSchema,
  auditVerificationSchema,
  checkpointResponseSchema,
  columnGraphSchema,
  datasetsResponseSchema,
  datasetVersionsResponseSchema,
  endpointHistoryResponseSchema,
  endpointsResponseSchema,
  endpointStateSchema,
  exportsResponseSchema,
  impactSchema,
  marksResponseSchema,
  latestRunsRequestSchema,
  latestRunsResponseSchema,
  lineageGraphSchema,
  lineageHealthSchema,
  instantField,
  markField,
  modelDetailsSchema,
  modelServersResponseSchema,
  modelServerStatusSchema,
  modelsResponseSchema,
  nameField,
  rebuildResponseSchema,
  recordedObjectsResponseSchema,
  openLineageAcceptedSchema,
  ownerWorkResponseSchema,
  openLineageEventsSchema,
  openLineageBatchAcceptedSchema,
  openLineageBatchSchema,
  openLineageEventSchema,
  recordsBatchRequestSchema,
  recordsBatchResponseSchema,
  recordsRequestSchema,
  recordsResponseSchema,
  retentionFactsResponseSchema,
  resolvePartitionsRequestSchema,
  resolvePartitionsResponseSchema,
  runDetailsSchema,
  runQualityResponseSchema,
  runRecordSchema,
  runsResponseSchema,
  runVerdictField,
  specificationResponseSchema,
  knownEventsRequestSchema,
  knownEventsResponseSchema,
  lackingRequestSchema,
  lackingResponseSchema,
  publicationsRequestSchema,
  publicationsResponseSchema,
  staleResponseSchema,
  whySchema,
  deadLettersResponseSchema,
  resendRequestSchema,
  resentSchema,
  knownKeysRequestSchema,
  knownKeysResponseSchema,
  KEYS_A_REQUEST,
  knownPartitionsRequestSchema,
  knownPartitionsResponseSchema,
  openRunsResponseSchema,
  partitionSetChangeSchema,
  partitionSetChangedSchema,
  partitionSetKeysSchema,
  partitionSetsResponseSchema,
  unproducedVersionsResponseSchema,
  triggerLedgerSchema,
  type TokenScope,
} from '../../schemas/index.js';

/** One path of the API. The routes are held to this list by a test, and the OpenAPI document is made of it. */
export interface ApiOperation {
  method: 'GET' | 'POST' | 'PUT';
  /** Below `/api/v1`, with parameters as `{name}`. */
  path: string;
  summary: string;
  /** Scope that a token must have; null: none is needed. By the method, unless it is said: GET reads, all others write. */
  scope?: TokenScope | null;
  query?: z.ZodObject;
  body?: z.ZodType;
  /** Body of the answer; none for 204. */
  answer?: z.ZodType;
}

const limit = z.coerce.number().int().min(1).max(1000).default(100).describe('Greatest number of entries.');
const after = z.string().min(1).optional().describe('`next` of the answer before, for the page that follows it.');

/** Queries of the paths that take one. */
export const QUERIES = {
  datasetVersions: z.strictObject({
    partition: z.string().min(1).optional().describe('One partition; all by default.'),
    from: z.string().optional().describe('Partitions whose key does not come before this.'),
    to: z.string().optional().describe('Partitions whose key does not come after this.'),
    version: z.string().min(1).optional().describe('Versions that begin with this.'),
    published: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .describe('Only the version that is read for its partition.'),
    limit,
    after,
  }),
  runs: z.strictObject({
    pipeline: nameField.optional().describe('One pipeline; all by default.'),
    partition: z.string().min(1).optional().describe('One partition; all by default.'),
    verdict: runVerdictField
      .or(z.literal('running'))
      .optional()
      .describe('Runs that ended so, or have not ended; all by default.'),
    limit,
  }),
  lineage: z.strictObject({
    node: z.string().min(1).describe('A node by its id, or loosely, as in `flight-delays` or `dataset:flights`.'),
    direction: z.enum(['upstream', 'downstream']).default('upstream').describe('Direction to follow.'),
    depth: z.coerce.number().int().min(1).max(100).default(20).describe('Greatest number of edges to follow.'),
  }),
  objects: z.strictObject({
    limit,
    after,
    removedBefore: instantField
      .optional()
      .describe('Leaves out objects of versions that retention let go before this time.'),
  }),
  marks: z.strictObject({ mark: markField.optional().describe('One kind; all by default.'), limit }),
  retention: z.strictObject({ limit, after }),
  why: z.strictObject({ prediction: z.string().min(1).max(400).describe('Id of a prediction.') }),
  columns: z.strictObject({
    dataset: nameField.describe('Dataset.'),
    column: z.string().min(1).optional().describe('One column; all by default.'),
    direction: z.enum(['upstream', 'downstream']).default('upstream').describe('Direction to follow.'),
  }),
  impact: z.strictObject({ node: z.string().min(1).describe('A node by its id, or loosely.') }),
  audit: z.strictObject({
    actor: z.string().min(1).optional().describe('One actor; all by default.'),
    action: z.string().min(1).optional().describe('One kind of action; all by default.'),
    limit,
    after,
  }),
  gaps: z.strictObject({ limit, after }),
  deadLetters: z.strictObject({ limit, after }),
  triggers: z.strictObject({ pipeline: nameField.describe('Pipeline.'), limit }),
  partitionSetKeys: z.strictObject({
    limit: z.coerce.number().int().min(1).max(KEYS_A_REQUEST).default(100).describe('Greatest number of keys.'),
    after,
  }),
  stale: z.strictObject({
    dataset: nameField.optional().describe('One dataset; all by default.'),
    limit,
    after,
  }),
};

const get = (path: string, summary: string, answer: z.ZodType, query?: z.ZodObject): ApiOperation => ({
  method: 'GET',
  path,
  summary,
  answer,
  ...(query === undefined ? {} : { query }),
});

/** Every path, in the order of the document. */
export const API_OPERATIONS: readonly ApiOperation[] = [
  get('/health', 'Whether the owner answers and can read its database', lineageHealthSchema),
  {
    ...get('/live', 'Whether the owner answers; asks for no token', z.strictObject({ status: z.literal('ok') })),
    scope: null,
  },
  get('/work', 'What keeps the owner busy for longer than a question, and how far that is', ownerWorkResponseSchema),
  get('/openapi.json', 'This document', z.looseObject({ openapi: z.string() })),
  {
    method: 'POST',
    path: '/records',
    summary: 'Records facts, all or none; answered once they are durable, idempotent by key',
    body: recordsRequestSchema,
    answer: recordsResponseSchema,
  },
  {
    method: 'POST',
    path: '/records/batch',
    summary: 'Requests of several writers in one, each committed or refused by itself',
    body: recordsBatchRequestSchema,
    answer: recordsBatchResponseSchema,
  },
  {
    method: 'POST',
    path: '/partitions/resolve',
    summary: 'What can be read of each partition',
    scope: 'read',
    body: resolvePartitionsRequestSchema,
    answer: resolvePartitionsResponseSchema,
  },
  get('/partition-sets', 'Dynamic sets of partitions, and who uses them', partitionSetsResponseSchema),
  get(
    '/partition-sets/{set}/keys',
    'Keys of a dynamic set, in the order in which they were added',
    partitionSetKeysSchema,
    QUERIES.partitionSetKeys,
  ),
  {
    method: 'POST',
    path: '/partition-sets/{set}/keys',
    summary: 'Adds keys to a dynamic set, or removes some; idempotent, on the audit record',
    body: partitionSetChangeSchema,
    answer: partitionSetChangedSchema,
  },
  {
    method: 'POST',
    path: '/partition-sets/{set}/known',
    summary: 'Which keys a dynamic set has',
    scope: 'read',
    body: knownPartitionsRequestSchema,
    answer: knownPartitionsResponseSchema,
  },
  get('/datasets', 'Datasets', datasetsResponseSchema),
  get(
    '/datasets/{dataset}/versions',
    'Versions of a dataset, newest first',
    datasetVersionsResponseSchema,
    QUERIES.datasetVersions,
  ),
  get(
    '/datasets/{dataset}/retention',
    'Versions of a dataset, and what needs each of them',
    retentionFactsResponseSchema,
    QUERIES.retention,
  ),
  get('/marks', 'Pins, legal holds and taints in force, newest first', marksResponseSchema, QUERIES.marks),
  get('/runs', 'Runs, newest first', runsResponseSchema, QUERIES.runs),
  {
    method: 'POST',
    path: '/runs/latest',
    summary: 'The newest run of each partition of a pipeline',
    scope: 'read',
    body: latestRunsRequestSchema,
    answer: latestRunsResponseSchema,
  },
  get('/specifications/{digest}', 'A frozen specification that a run had', specificationResponseSchema),
  get('/runs/{runId}', 'A run with its steps', runDetailsSchema),
  get('/runs/{runId}/record', 'What a run was to do and what its steps left behind', runRecordSchema),
  get('/runs/{runId}/quality', 'Quality reports of a run', runQualityResponseSchema),
  get('/models', 'Models', modelsResponseSchema),
  get('/models/{model}', 'A model with its versions', modelDetailsSchema),
  get('/models/{model}/aliases/{alias}', 'The version that an alias stands for', aliasDetailsSchema),
  get('/models/{model}/aliases/{alias}/history', 'Every move of an alias, newest first', aliasHistoryResponseSchema),
  get('/objects', 'Objects of the object store that records mention', recordedObjectsResponseSchema, QUERIES.objects),
  get('/endpoints', 'Endpoints and the states in force', endpointsResponseSchema),
  get('/endpoints/{endpoint}', 'The state in force of an endpoint', endpointStateSchema),
  get('/endpoints/{endpoint}/history', 'Every state of an endpoint, newest first', endpointHistoryResponseSchema),
  {
    method: 'PUT',
    path: '/model-servers/{serverId}',
    summary: 'What a model server says about itself',
    body: modelServerStatusSchema,
  },
  get('/model-servers', 'Model servers that were heard of lately', modelServersResponseSchema),
  get('/lineage', 'What a node came from, or what came of it', lineageGraphSchema, QUERIES.lineage),
  {
    method: 'POST',
    path: '/admin/rebuild',
    summary: 'Makes every projection again from the events',
    scope: 'admin',
    answer: rebuildResponseSchema,
  },
  {
    method: 'GET',
    path: '/admin/backup',
    scope: 'admin',
    summary: 'The database as a file of DuckDB; commits wait while it is copied',
  },
  {
    method: 'POST',
    path: '/admin/checkpoint',
    summary: 'Signs how far the audit chain goes now, and copies the checkpoint to the object store',
    scope: 'admin',
    answer: checkpointResponseSchema,
  },
  get('/audit', 'Changes of state by people and services, newest first', auditResponseSchema, QUERIES.audit),
  get('/audit/verify', 'Whether everything is as it was recorded, and where not', auditVerificationSchema),
  {
    method: 'POST',
    path: '/lineage',
    summary: 'Takes an OpenLineage event of another tool into the same graph',
    body: openLineageEventSchema,
    answer: openLineageAcceptedSchema,
  },
  {
    method: 'POST',
    path: '/lineage/batch',
    summary: 'Takes OpenLineage events of other tools, all or none',
    body: openLineageBatchSchema,
    answer: openLineageBatchAcceptedSchema,
  },
  get('/runs/{runId}/openlineage', 'A run as OpenLineage events', openLineageEventsSchema),
  get('/exports', 'How far the receivers of OpenLineage events are', exportsResponseSchema),
  get(
    '/exports/{name}/dead-letters',
    'Events that a receiver refused, oldest first',
    deadLettersResponseSchema,
    QUERIES.deadLetters,
  ),
  {
    method: 'POST',
    path: '/exports/{name}/resend',
    summary: 'Sends a receiver what it refused once more',
    scope: 'admin',
    body: resendRequestSchema,
    answer: resentSchema,
  },
  get('/why', 'What led to a prediction', whySchema, QUERIES.why),
  get('/columns', 'Where columns come from, or what is made of them', columnGraphSchema, QUERIES.columns),
  get('/impact', 'Everything that contains a version, near or far', impactSchema, QUERIES.impact),
  get('/stale', 'Partitions that are not what a run would make of them now', staleResponseSchema, QUERIES.stale),
  get('/alerts', 'What became of alerts on their channels, newest first', alertDeliveriesResponseSchema, QUERIES.runs),
  {
    method: 'POST',
    path: '/alerts/after',
    summary: 'What people should know of the records after one',
    scope: 'read',
    body: alertsAfterRequestSchema,
    answer: alertsAfterResponseSchema,
  },
  get('/triggers', 'How events of a pipeline’s triggers ended, newest first', triggerLedgerSchema, QUERIES.triggers),
  {
    method: 'POST',
    path: '/triggers/known',
    summary: 'Which events ended already',
    scope: 'read',
    body: knownEventsRequestSchema,
    answer: knownEventsResponseSchema,
  },
  {
    method: 'POST',
    path: '/publications',
    summary: 'Versions of datasets that were published after a record',
    scope: 'read',
    body: publicationsRequestSchema,
    answer: publicationsResponseSchema,
  },
  {
    method: 'POST',
    path: '/publications/lacking',
    summary: 'Partitions of inputs without a version that is newer than the last run',
    scope: 'read',
    body: lackingRequestSchema,
    answer: lackingResponseSchema,
  },
  {
    method: 'POST',
    path: '/cache/find',
    summary: 'The result of a step that was computed under a key already, or why it is not to be reused',
    scope: 'read',
    body: cacheFindRequestSchema,
    answer: cacheFindResponseSchema,
  },
  {
    method: 'POST',
    path: '/cache/claim',
    summary: 'Asks to compute what has a key; idempotent',
    body: cacheClaimRequestSchema,
    answer: cacheClaimResponseSchema,
  },
  {
    method: 'POST',
    path: '/gaps/keys',
    summary: 'Which idempotency keys of records are known',
    scope: 'read',
    body: knownKeysRequestSchema,
    answer: knownKeysResponseSchema,
  },
  get('/gaps/runs', 'Runs whose end is not on record, oldest first', openRunsResponseSchema, QUERIES.gaps),
  get(
    '/gaps/versions',
    'Dataset versions whose run is not on record, oldest first',
    unproducedVersionsResponseSchema,
    QUERIES.gaps,
  ),
];

const SCOPES = new Map(
  API_OPERATIONS.map(({ method, path, scope = method === 'GET' ? 'read' : 'write' }) => [
    `${method} /api/v1${path.replace(/\{(\w+)\}/g, ':$1')}`,
    scope,
  ]),
);

/**
 * Scope that a request must have; null: none.
 * @param url pattern of the route; undefined for a path that there is not
 */
export function scopeOf(method: string, url: string | undefined): TokenScope | null {
  // A path that is not there has nothing to guard.
  if (url === undefined) return 'read';
  const scope = SCOPES.get(`${method === 'HEAD' ? 'GET' : method} ${url}`);
  return scope === undefined ? (url === '/' ? 'read' : 'admin') : scope;
}
