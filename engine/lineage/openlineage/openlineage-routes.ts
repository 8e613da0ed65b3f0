import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../../schemas/index.js';
import { recordsOfRuns } from '../export/event-source.js';
import type { LineageStore } from '../lineage-store.js';
import { openLineageRecord, openLineageRecords } from './intake.js';
import { runEvents } from './run-events.js';

/** OpenLineage in and out. */
export function addOpenLineageRoutes(app: FastifyInstance, store: LineageStore): void {
  app.post('/api/v1/lineage', async (request) => {
    const [result] = await store.record([openLineageRecord(request.body)]);
    return { status: result?.status };
  });
  app.post('/api/v1/lineage/batch', async ({ body }) => {
    const results = await store.record(openLineageRecords(body));
    const recorded = results.filter(({ status }) => status === 'recorded').length;
    return { recorded, known: results.length - recorded };
  });

  app.get<{ Params: { runId: string } }>('/api/v1/runs/:runId/openlineage', async ({ params: { runId } }) => {
    const records = await recordsOfRuns(store.read, [runId], store.head().sequence);
    if (records.length === 0) throw new MillraceError('NOT_FOUND', `no run has the id ${runId}`);
    return { events: runEvents(records.map(({ record }) => record)) };
  });
}
