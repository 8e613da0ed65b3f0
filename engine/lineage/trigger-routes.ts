import type { FastifyInstance } from 'fastify';
import {
  knownEventsRequestSchema,
  lackingRequestSchema,
  parseWith,
  publicationsRequestSchema,
} from '../../schemas/index.js';
import { QUERIES } from './api-queries.js';
import type { Reader } from './reader.js';
import { knownEvents, lackingInputs, publicationsAfter, triggerLedger } from './trigger-queries.js';

/** What triggers ask, and their ledger. */
export function addTriggerRoutes(app: FastifyInstance, read: Reader): void {
  app.get('/api/v1/triggers', async ({ query }) => triggerLedger(read, parseWith(QUERIES.triggers, query, 'query')));
  app.post('/api/v1/triggers/known', async ({ body }) => {
    const { pipeline, ids } = parseWith(knownEventsRequestSchema, body, 'events to look up');
    return { known: await knownEvents(read, pipeline, ids) };
  });
  app.post('/api/v1/publications', async ({ body }) =>
    publicationsAfter(read, parseWith(publicationsRequestSchema, body, 'datasets to watch')),
  );
  app.post('/api/v1/publications/lacking', async ({ body }) => ({
    lacking: await lackingInputs(read, parseWith(lackingRequestSchema, body, 'inputs to look up')),
  }));
}
