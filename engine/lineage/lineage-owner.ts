import { dirname } from 'node:path';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from 'pino';
import { MillraceError, type ExportTarget } from '../../schemas/index.js';
import { limitConnections, requestTimeouts, type HttpLimits } from '../http-limits.js';
import { methodsByPath } from '../http-methods.js';
import { createSecrets } from '../secrets.js';
import { addAlertRoutes } from './alert-routes.js';
import { addAuditRoutes } from './audit/audit-routes.js';
import { Checkpoints, type CheckpointOptions } from './audit/checkpoints.js';
import { signRegularly } from './audit/sign-regularly.js';
import { addAccess } from './access/access.js';
import { tokensPath } from './access/tokens.js';
import { addCacheRoutes } from './cache-routes.js';
import { addGapRoutes } from './gap-routes.js';
import { addAdminRoutes } from './admin-routes.js';
import { startExports } from './export/start-exports.js';
import { BODY_LIMIT, errorAnswer } from './http-errors.js';
import { keepOpen, type LineageOwner } from './keep-open.js';
import { openLineageStore } from './lineage-store.js';
import { ModelServers } from './model-servers.js';
import { addOpenLineageRoutes } from './openlineage/openlineage-routes.js';
import { addRoutes } from './owner-routes.js';
import { unpackBodies } from './packed-bodies.js';
import { addPartitionSetRoutes } from './partition-set-routes.js';
import { addReportRoutes } from './report-routes.js';
import { addTriggerRoutes } from './trigger-routes.js';
import { whenFree } from './standby.js';

export interface LineageOwnerOptions extends HttpLimits {
  /** Path of the DuckDB file; it and the folders above are made if they are not there. */
  databasePath: string;
  /** Address to listen on; 127.0.0.1 by default, because without tokens everybody is let in. */
  host?: string;
  /** Port to listen on; 0, the default, is any free one. */
  port?: number;
  /** Waits, until this signal, for the database and the port when another owner has them; by default that is an error. */
  standby?: AbortSignal;
  /** A token with the scope `admin`, besides those of `millrace token create`; MILLRACE_LINEAGE_TOKEN by default. */
  token?: string;
  /** Requests a second that one caller may make; 5000 by default. */
  requestsPerSecond?: number;
  /** Reads objects that records refer to, as stored reports; without it pages are made of the records alone. */
  readObject?: (uri: string) => Promise<Uint8Array>;
  /** What signs the audit chain, and where checkpoints are copied to; by default a key beside the database, and nowhere. */
  audit?: Omit<CheckpointOptions, 'folder'>;
  /** Receivers of OpenLineage events, by name; none by default. */
  exports?: Readonly<Record<string, ExportTarget>>;
  /** Resolves references to secrets; from the environment by default. */
  secret?: (reference: string) => Promise<string>;
  /** Told of requests that failed in an unforeseen way, and of receivers that do not take events. */
  logger?: Pick<Logger, 'error' | 'warn'>;
}

/**
 * Starts the one process that holds the lineage database and serves it over HTTP.
 * @throws LINEAGE_LOCKED, LINEAGE_DATABASE_UNUSABLE about the database
 * @throws PORT_IN_USE if another process listens there
 */
export async function startLineageOwner(options: LineageOwnerOptions): Promise<LineageOwner> {
  const { standby, logger } = options;
  return keepOpen((before, onFatal) => {
    const open = () => openOwner({ ...options, port: before?.port ?? options.port ?? 0 }, onFatal, before?.token);
    return standby === undefined || before !== undefined ? open() : whenFree(open, standby);
  }, logger);
}

async function openOwner(
  options: LineageOwnerOptions & { port: number },
  onFatal: (error: unknown) => void,
  ownToken: string | undefined,
): Promise<LineageOwner> {
  const { host = '127.0.0.1', port, logger } = options;
  const store = await openLineageStore({ path: options.databasePath, onFatal });
  const app = fastify({
    bodyLimit: BODY_LIMIT,
    ...requestTimeouts(options),
    routerOptions: { maxParamLength: 1000 },
    // What Fastify refuses before it looks for a route, as a path that cannot be decoded.
    frameworkErrors: (error, _request, reply) => {
      const { status, body } = errorAnswer(error);
      void (reply as FastifyReply).status(status).send(body);
    },
  });
  limitConnections(app, options, logger);
  const methodsOf = methodsByPath(app);
  unpackBodies(app);
  // JSON is the one type that is taken, and browsers do not send it to other sites unasked.
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = errorAnswer(error);
    if (status >= 500) logger?.error({ err: error, method: request.method, path: request.url }, 'request failed');
    if (status === 401) reply.header('www-authenticate', 'Basic realm="Millrace lineage, token as password"');
    return reply.status(status).send(body);
  });
  app.setNotFoundHandler(({ method, url }, reply) => {
    const allowed = methodsOf(url);
    if (allowed.length === 0) throw new MillraceError('NOT_FOUND', `the lineage owner has no path ${method} ${url}`);
    reply.header('allow', allowed.join(', '));
    throw new MillraceError('METHOD_NOT_ALLOWED', `${url} takes ${allowed.join(', ')}, not ${method}`);
  });
  const closeServer = closeAfterAnswers(app);
  const token = addAccess(app, store, {
    tokensPath: tokensPath(options.databasePath),
    configuredToken: options.token ?? (process.env.MILLRACE_LINEAGE_TOKEN || undefined),
    siblingToken: process.env.MILLRACE_SIBLING_TOKEN || undefined,
    requestsPerSecond: options.requestsPerSecond ?? 5000,
    ownToken,
    logger,
  });
  addRoutes(app, store, new ModelServers(), logger);
  addTriggerRoutes(app, store.read);
  addAlertRoutes(app, store.read);
  addPartitionSetRoutes(app, store);
  addCacheRoutes(app, store);
  addGapRoutes(app, store.read);
  addOpenLineageRoutes(app, store);
  addReportRoutes(app, store.read, options.readObject);
  addAdminRoutes(app, store, dirname(options.databasePath));
  const folder = `${options.databasePath}.audit`;
  const checkpoints = await Checkpoints.open({ folder, ...options.audit }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  const exporting = startExports(app, options.exports ?? {}, {
    store,
    folder: `${options.databasePath}.export`,
    secret: options.secret ?? ((reference) => createSecrets().get(reference)),
    logger,
  });
  const signing = signRegularly(store, checkpoints, logger);
  addAuditRoutes(app, store, checkpoints, () => signing.now());

  try {
    await app.listen({ host, port });
  } catch (error) {
    await exporting.end();
    await signing.end();
    await store.close();
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
      throw new MillraceError('PORT_IN_USE', `port ${port} of ${host} is taken`, { cause: error });
    }
    throw error;
  }
  const address = app.server.address();
  const listening = typeof address === 'object' && address !== null ? address.port : port;
  let closing: Promise<void> | null = null;
  return {
    url: `http://${urlHost(host)}:${listening}`,
    token,
    close: () =>
      (closing ??= closeServer()
        .then(() => exporting.end())
        .then(() => signing.end())
        .then(() => store.close())),
  };
}

/**
 * Gives a way to close the server that waits for the answers under way and for nothing else: connections that clients keep
 * alive, or that browsers open in advance, would hold it up for a minute.
 */
function closeAfterAnswers(app: FastifyInstance): () => Promise<void> {
  let underWay = 0;
  let closing = false;
  const closeIfDone = () => {
    if (closing && underWay === 0) app.server.closeAllConnections();
  };
  app.addHook('onRequest', async () => {
    underWay += 1;
  });
  app.addHook('onResponse', async () => {
    underWay -= 1;
    closeIfDone();
  });
  return async () => {
    closing = true;
    const closed = app.close();
    closeIfDone();
    await closed;
  };
}

/** The host as it stands in a URL that works on this machine. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
