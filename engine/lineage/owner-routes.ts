import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import {
  latestRunsRequestSchema,
  MillraceError,
  modelServerStatusSchema,
  parseWith,
  recordsBatchRequestSchema,
  recordsRequestSchema,
  resolvePartitionsRequestSchema,
  type LineageHealth,
} from '../../schemas/index.js';
import { QUERIES } from './api-queries.js';
import { columnGraph } from './column-queries.js';
import { listDatasets, listDatasetVersions, resolvePartitions } from './dataset-queries.js';
import { endpointHistory, endpointState, listEndpoints } from './endpoint-queries.js';
import { errorAnswer } from './http-errors.js';
import { latestRuns } from './latest-runs.js';
import { lineageGraph } from './lineage-graph.js';
import type { LineageStore } from './lineage-store.js';
import { aliasDetails, aliasHistory, listModels, modelDetails } from './model-queries.js';
import { listMarks } from './mark-queries.js';
import { recordedObjects } from './object-queries.js';
import { retentionFacts } from './retention-queries.js';
import type { ModelServers } from './model-servers.js';
import { openApiDocument } from './openapi.js';
import { ownerPage } from './owner-page.js';
import { impactOf } from './impact.js';
import { whyPrediction } from './why.js';
import { stalePartitions } from './staleness.js';
import { listRuns, pipelineNames, runDetails, runQuality } from './run-queries.js';
import { runRecord, specificationOf } from './run-record.js';

/** Path parameters; each route knows which of them it has. */
interface Params {
  dataset: string;
  runId: string;
  digest: string;
  model: string;
  alias: string;
  endpoint: string;
  serverId: string;
}

/** The paths of the lineage API, as `schemas/lineage-api.ts` describes them. */
export function addRoutes(
  app: FastifyInstance,
  store: LineageStore,
  servers: ModelServers,
  logger?: Pick<Logger, 'error'>,
): void {
  const { read } = store;
  const get = (path: string, answer: (params: Params, query: unknown) => Promise<unknown>) =>
    app.get<{ Params: Params }>(path, async (request) => answer(request.params, request.query));

  get('/api/v1/health', async (): Promise<LineageHealth> => {
    const [count] = await read<{ records: number }>('SELECT count(*) AS records FROM events');
    return { status: 'ok', schemaVersion: store.schemaVersion, records: count?.records ?? 0 };
  });

  get('/api/v1/live', async () => ({ status: 'ok' }));

  get('/api/v1/work', async () => ({ work: store.work.list() }));

  app.post('/api/v1/records', async (request) => {
    const { records } = parseWith(recordsRequestSchema, request.body, 'records');
    return { results: await store.record(records) };
  });
  app.post('/api/v1/records/batch', async (request) => {
    const { requests } = parseWith(recordsBatchRequestSchema, request.body, 'requests');
    // All are submitted in this turn, so one commit has them.
    const outcomes = await Promise.all(
      requests.map(async (body) => {
        try {
          return { results: await store.record(parseWith(recordsRequestSchema, body, 'records').records) };
        } catch (error) {
          const answer = errorAnswer(error);
          if (answer.status >= 500) logger?.error({ err: error, path: request.url }, 'a request of a batch failed');
          return answer.body;
        }
      }),
    );
    return { outcomes };
  });
  app.post('/api/v1/partitions/resolve', async (request) => {
    const body = parseWith(resolvePartitionsRequestSchema, request.body, 'partitions to resolve');
    return { partitions: await resolvePartitions(read, body.dataset, body.partitions) };
  });

  get('/api/v1/datasets', async () => ({ datasets: await listDatasets(read) }));
  get('/api/v1/datasets/:dataset/versions', ({ dataset }, query) =>
    listDatasetVersions(read, { dataset, ...parseWith(QUERIES.datasetVersions, query, 'query') }),
  );

  get('/api/v1/datasets/:dataset/retention', ({ dataset }, query) =>
    retentionFacts(read, dataset, parseWith(QUERIES.retention, query, 'query')),
  );
  get('/api/v1/marks', async (_, query) => ({
    marks: await listMarks(read, parseWith(QUERIES.marks, query, 'query')),
  }));

  get('/api/v1/objects', (_, query) => recordedObjects(read, parseWith(QUERIES.objects, query, 'query')));

  get('/api/v1/pipelines', async () => ({ pipelines: await pipelineNames(read) }));
  get('/api/v1/runs', (_, query) => listRuns(read, parseWith(QUERIES.runs, query, 'query')));
  app.post('/api/v1/runs/latest', async (request) => {
    const body = parseWith(latestRunsRequestSchema, request.body, 'partitions to look up');
    return { runs: await latestRuns(read, body.pipeline, body.partitions) };
  });
  get('/api/v1/specifications/:digest', ({ digest }) => specificationOf(read, digest));
  get('/api/v1/runs/:runId', ({ runId }) => runDetails(read, runId));
  get('/api/v1/runs/:runId/record', ({ runId }) => runRecord(read, runId));
  get('/api/v1/runs/:runId/quality', async ({ runId }) => ({ results: await runQuality(read, runId) }));

  get('/api/v1/models', async () => ({ models: await listModels(read) }));
  get('/api/v1/models/:model', ({ model }) => modelDetails(read, model));
  get('/api/v1/models/:model/aliases/:alias', ({ model, alias }) => aliasDetails(read, model, alias));
  get('/api/v1/models/:model/aliases/:alias/history', async ({ model, alias }) => ({
    moves: await aliasHistory(read, model, alias),
  }));

  get('/api/v1/endpoints', async () => ({ endpoints: await listEndpoints(read) }));
  get('/api/v1/endpoints/:endpoint', ({ endpoint }) => endpointState(read, endpoint));
  get('/api/v1/endpoints/:endpoint/history', async ({ endpoint }) => ({
    changes: await endpointHistory(read, endpoint),
  }));

  app.put<{ Params: Params }>('/api/v1/model-servers/:serverId', async (request, reply) => {
    const status = parseWith(modelServerStatusSchema, request.body, 'status of a model server');
    if (status.serverId !== request.params.serverId) {
      throw new MillraceError('INPUT_INVALID', 'the path and the body name two model servers', {
        problems: [{ path: 'serverId', message: `must be ${request.params.serverId}, as in the path` }],
      });
    }
    servers.report(status);
    return reply.status(204).send();
  });
  get('/api/v1/model-servers', async () => ({ servers: servers.list() }));

  get('/api/v1/lineage', (_, query) => lineageGraph(read, parseWith(QUERIES.lineage, query, 'query')));

  get('/api/v1/why', (_, query) => whyPrediction(read, parseWith(QUERIES.why, query, 'query').prediction));
  get('/api/v1/columns', (_, query) => columnGraph(read, parseWith(QUERIES.columns, query, 'query')));
  get('/api/v1/impact', (_, query) => impactOf(read, parseWith(QUERIES.impact, query, 'query').node));
  get('/api/v1/stale', (_, query) => stalePartitions(store.readAll, parseWith(QUERIES.stale, query, 'query')));

  const document = openApiDocument();
  get('/api/v1/openapi.json', async () => document);

  app.get('/', async (_, reply) => {
    const [{ runs }, datasets, models, endpoints] = await Promise.all([
      listRuns(read, { limit: 50 }),
      listDatasets(read),
      listModels(read),
      listEndpoints(read),
    ]);
    return reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .type('text/html; charset=utf-8')
      .send(ownerPage({ runs, datasets, models, endpoints, servers: servers.list() }));
  });
}
