import type { FastifyInstance } from 'fastify';
import { cacheClaimRequestSchema, cacheFindRequestSchema, parseWith } from '../../schemas/index.js';
import { findCached } from './cache-queries.js';
import type { LineageStore } from './lineage-store.js';

/** What steps ask whose results are reused. */
export function addCacheRoutes(app: FastifyInstance, { read, claim }: Pick<LineageStore, 'read' | 'claim'>): void {
  app.post('/api/v1/cache/find', ({ body }) => findCached(read, parseWith(cacheFindRequestSchema, body, 'look-up')));
  app.post('/api/v1/cache/claim', ({ body }) => claim(parseWith(cacheClaimRequestSchema, body, 'claim')));
}
