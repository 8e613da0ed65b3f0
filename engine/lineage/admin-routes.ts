import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { LineageStore } from './lineage-store.js';

/**
 * Paths about the database itself.
 * @param folder where copies are made before they are sent
 */
export function addAdminRoutes(app: FastifyInstance, store: LineageStore, folder: string): void {
  app.post('/api/v1/admin/rebuild', async () => ({ events: await store.rebuild() }));

  // A copy is sent rather than the file itself, so that commits wait for the disk and not for the network.
  app.get('/api/v1/admin/backup', async (_, reply) => {
    const copy = join(folder, `.backup-${randomUUID()}.duckdb`);
    const remove = () => void rm(copy, { force: true });
    try {
      await store.backup(copy);
      const { size } = await stat(copy);
      const stream = createReadStream(copy).on('close', remove);
      return await reply.type('application/octet-stream').header('content-length', size).send(stream);
    } catch (error) {
      remove();
      throw error;
    }
  });
}
