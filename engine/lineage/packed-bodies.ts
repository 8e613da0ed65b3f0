import { createGunzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { MillraceError } from '../../schemas/index.js';

/**
 * Unpacks bodies that clients pack with gzip, as transports of OpenLineage can; the limit of a body is that of what it holds.
 * @throws INPUT_INVALID for a body that is packed in another way
 */
export function unpackBodies(app: FastifyInstance): void {
  app.addHook('preParsing', async ({ headers }, _reply, payload) => {
    const encoding = (headers['content-encoding'] ?? 'identity').trim().toLowerCase();
    if (encoding === 'identity') return payload;
    if (encoding !== 'gzip') {
      const message = `must be gzip or identity, and is ${encoding}`;
      throw new MillraceError('INPUT_INVALID', `Content-Encoding ${message}`, {
        problems: [{ path: 'Content-Encoding', message }],
      });
    }
    // Fastify compares the bytes that arrive with those that were announced.
    const unpacked = Object.assign(createGunzip(), { receivedEncodedLength: 0 });
    payload.on('data', (chunk: Buffer) => (unpacked.receivedEncodedLength += chunk.length));
    payload.on('error', (error) => unpacked.destroy(error));
    return payload.pipe(unpacked);
  });
}
