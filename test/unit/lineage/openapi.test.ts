import { fastify } from 'fastify';
import { openLineageStore } from '../../../engine/lineage/index.js';
import { addAdminRoutes } from '../../../engine/lineage/admin-routes.js';
import { addAuditRoutes } from '../../../engine/lineage/audit/audit-routes.js';
import { Checkpoints } from '../../../engine/lineage/audit/checkpoints.js';
import { API_OPERATIONS } from '../../../engine/lineage/api-operations.js';
import { ModelServers } from '../../../engine/lineage/model-servers.js';
import { addOpenLineageRoutes } from '../../../engine/lineage/openlineage/openlineage-routes.js';
import { startExports } from '../../../engine/lineage/export/start-exports.js';
import { openApiDocument } from '../../../engine/lineage/openapi.js';
import { addRoutes } from '../../../engine/lineage/owner-routes.js';
import { addGapRoutes } from '../../../engine/lineage/gap-routes.js';
import { addCacheRoutes } from '../../../engine/lineage/cache-routes.js';
import { addAlertRoutes } from '../../../engine/lineage/alert-routes.js';
import { addPartitionSetRoutes } from '../../../engine/lineage/partition-set-routes.js';
import { addTriggerRoutes } from '../../../engine/lineage/trigger-routes.js';
import { withDatabasePath, withOwner } from './support.js';

describe('the OpenAPI document', () => {
  it('has every route of the API and no other', async () => {
    await withDatabasePath(async (path) => {
      const store = await openLineageStore({ path });
      const app = fastify();
      const routes: string[] = [];
      app.addHook('onRoute', ({ method, url }) => {
        if (method !== 'HEAD' && url !== '/') routes.push(`${String(method)} ${url}`);
      });
      addRoutes(app, store, new ModelServers());
      addAdminRoutes(app, store, path);
      addTriggerRoutes(app, store.read);
      addAlertRoutes(app, store.read);
      addPartitionSetRoutes(app, store);
      addCacheRoutes(app, store);
      addGapRoutes(app, store.read);
      addOpenLineageRoutes(app, store);
      startExports(app, {}, { store, folder: path, secret: async () => '' });
      addAuditRoutes(app, store, await Checkpoints.open({ folder: `${path}.audit` }), async () => null);
      await app.close();
      await store.close();
      const described = API_OPERATIONS.map(
        ({ method, path: p }) => `${method} /api/v1${p.replace(/\{(\w+)\}/g, ':$1')}`,
      );
      expect(routes.sort()).toEqual(described.sort());
    });
  });

  it('refers to nothing that it does not define', () => {
    const document = openApiDocument();
    const references = new Set<string>();
    JSON.stringify(document, (key, value: unknown) => {
      if (key === '$ref') references.add(String(value));
      return value;
    });
    const at = (reference: string) =>
      reference
        .slice(2)
        .split('/')
        .reduce<unknown>((node, name) => (node as Record<string, unknown> | undefined)?.[name], document);
    expect(references).toContain('#/components/schemas/Error');
    expect([...references].filter((reference) => !reference.startsWith('#/') || at(reference) === undefined)).toEqual(
      [],
    );
  });

  it('is served, and describes queries, bodies, answers and errors', async () => {
    await withOwner(async (_, url) => {
      const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as ReturnType<typeof openApiDocument>;
      expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
      expect(document.paths).toMatchObject({
        '/api/v1/stale': {
          get: {
            operationId: 'getStale',
            parameters: [
              { name: 'dataset', in: 'query', required: false },
              { name: 'limit', schema: { type: 'integer', default: 100, maximum: 1000 } },
              { name: 'after' },
            ],
          },
        },
        '/api/v1/records': { post: { requestBody: { content: { 'application/json': {} } } } },
        '/api/v1/runs/{runId}': { get: { parameters: [{ name: 'runId', in: 'path', required: true }] } },
      });
      const ids = Object.values(document.paths as object).flatMap((methods: object) =>
        Object.values(methods).map(({ operationId }: { operationId: string }) => operationId),
      );
      expect(new Set(ids).size).toBe(ids.length);
    });
  });
});
