import type { FastifyInstance } from 'fastify';
import { knownKeysRequestSchema, parseWith } from '../../schemas/index.js';
import { QUERIES } from './api-queries.js';
import { knownKeys, openRuns, unproducedVersions } from './gap-queries.js';
import type { Reader } from './reader.js';

/** What the auditor asks. */
export function addGapRoutes(app: FastifyInstance, read: Reader): void {
  app.post('/api/v1/gaps/keys', async ({ body }) => ({
    known: await knownKeys(read, parseWith(knownKeysRequestSchema, body, 'keys to look up').keys),
  }));
  app.get('/api/v1/gaps/runs', ({ query }) => openRuns(read, parseWith(QUERIES.gaps, query, 'query')));
  app.get('/api/v1/gaps/versions', ({ query }) => unproducedVersions(read, parseWith(QUERIES.gaps, query, 'query')));
}
