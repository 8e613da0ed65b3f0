import type { FastifyInstance } from 'fastify';
import { parseWith } from '../../../schemas/index.js';
import { QUERIES } from '../api-queries.js';
import type { LineageStore } from '../lineage-store.js';
import { listAudit } from './audit-queries.js';
import type { Checkpoint } from './checkpoint.js';
import type { Checkpoints } from './checkpoints.js';
import { verifyAudit } from './verify.js';

/** Paths of the audit. */
export function addAuditRoutes(
  app: FastifyInstance,
  store: LineageStore,
  checkpoints: Checkpoints,
  signNow: () => Promise<Checkpoint | null>,
): void {
  app.get('/api/v1/audit', (request) => listAudit(store.read, parseWith(QUERIES.audit, request.query, 'query')));
  app.post('/api/v1/admin/checkpoint', async () => {
    const added = await signNow();
    const { number = 0, sequence = 0, hash = '' } = added ?? {};
    return { checkpoint: added && { number, sequence, hash }, fingerprint: checkpoints.fingerprint };
  });
  app.get('/api/v1/audit/verify', () =>
    store.work.run({ what: 'audit verify', events: store.head().sequence, rounds: 2 }, (onEvents) =>
      verifyAudit(store, checkpoints, onEvents),
    ),
  );
}
