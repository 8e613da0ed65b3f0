import type { FastifyInstance } from 'fastify';

/** How long a server waits for those who ask, and how many it listens to. */
export interface HttpLimits {
  /** A request has to be there as a whole within this, in milliseconds; its head within a quarter. 60000 by default. */
  requestTimeoutMs?: number | undefined;
  /** Connections at once; further ones are closed. 4096 by default. */
  maxConnections?: number | undefined;
}

const REQUEST_TIMEOUT_MS = 60_000;
const MAX_CONNECTIONS = 4096;
const WARN_EVERY_MS = 60_000;

/** Options of Fastify that let nobody keep a connection by sending a request a byte at a time. */
export function requestTimeouts({ requestTimeoutMs = REQUEST_TIMEOUT_MS }: HttpLimits) {
  return {
    requestTimeout: requestTimeoutMs,
    http: {
      headersTimeout: requestTimeoutMs / 4,
      // Node looks each thirty seconds, by itself.
      connectionsCheckingInterval: Math.min(5_000, requestTimeoutMs / 4),
    },
  };
}

/** Closes connections beyond the limit, and says so once a minute at most. */
export function limitConnections(
  app: FastifyInstance,
  { maxConnections = MAX_CONNECTIONS }: HttpLimits,
  logger?: { warn(fields: object, message: string): void },
): void {
  let warnedAt = -Infinity;
  app.server.maxConnections = maxConnections;
  app.server.on('drop', () => {
    if (performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    logger?.warn({ maxConnections }, 'there are as many connections as may be, and further ones are closed');
  });
}
