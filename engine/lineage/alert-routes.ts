import type { FastifyInstance } from 'fastify';
import { alertsAfterRequestSchema, parseWith } from '../../schemas/index.js';
import { alertDeliveries, alertsAfter } from './alert-queries.js';
import { QUERIES } from './api-queries.js';
import type { Reader } from './reader.js';

/** What people should know, and what became of telling them. */
export function addAlertRoutes(app: FastifyInstance, read: Reader): void {
  app.get('/api/v1/alerts', async ({ query }) => ({
    deliveries: await alertDeliveries(read, parseWith(QUERIES.alerts, query, 'query')),
  }));
  app.post('/api/v1/alerts/after', async ({ body }) =>
    alertsAfter(read, parseWith(alertsAfterRequestSchema, body, 'alerts to look for').after),
  );
}
