import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { compiledModule } from '../../engine/threads.js';
import { isMillraceError, MillraceError } from '../../schemas/errors.js';
import { SEARCH_ATTRIBUTES } from '../../schemas/workflow-ids.js';
import { freePorts, requireFreePort } from './ports.js';
import { createSupervisor, type Supervisor, type SupervisedProcess } from './supervisor.js';

const READY_WITHIN_MS = 60_000;

/** How work is given out; as in `deploy/temporal/dynamic-config.yaml`, which says why. */
export const DYNAMIC_CONFIG = [
  'matching.enableFairness=true',
  'matching.numTaskqueueReadPartitions=1',
  'matching.numTaskqueueWritePartitions=1',
  'history.transferProcessorMaxPollRPS=200',
] as const;

export interface TemporalServerOptions {
  /** Path of the `temporal` binary, as `findTemporalBinary` gives it. */
  binary: string;
  /** Folder for `temporal.db` and `logs/temporal.log`; made if it is missing. */
  dataDir: string;
  /** Keeps no database: everything is forgotten when the server ends. Default false. */
  inMemory?: boolean;
  /** Ports on loopback; free ones by default. */
  ports?: { frontend?: number; ui?: number };
  /** Namespace that is made; default `default`. */
  namespace?: string;
  /** Names of search attributes of type Keyword; default those of Millrace. */
  searchAttributes?: readonly string[];
  /** How often the server is started again when it ends by itself; default 0, and always 0 in memory. */
  restarts?: number;
  /** Dynamic configuration, as in `KEY=VALUE`; default {@link DYNAMIC_CONFIG}. */
  dynamicConfig?: readonly string[];
  /** Who runs the process; by default a supervisor of its own. */
  supervisor?: Supervisor;
  /** Gives up the start. */
  signal?: AbortSignal;
}

export interface TemporalServer {
  /** Address of the frontend, as in `127.0.0.1:7233`. */
  address: string;
  namespace: string;
  /** Address of the web UI. */
  ui: string;
  /** Resolves if the server ends by itself and is not started again. */
  failed: Promise<MillraceError>;
  /** Ends the server; what is in the database is there at the next start. */
  close: () => Promise<void>;
}

/**
 * Starts a Temporal development server on loopback and waits until its namespace answers. The database must not be in use by
 * another server: SQLite would let both write, so whoever calls this holds the lock of the data folder.
 * @throws MillraceError PORT_IN_USE, PROCESS_FAILED
 */
export async function startTemporalServer(options: TemporalServerOptions): Promise<TemporalServer> {
  const given = options.ports ?? {};
  if (given.frontend !== undefined) await requireFreePort(given.frontend, 'the Temporal server');
  if (given.ui !== undefined) await requireFreePort(given.ui, 'the Temporal UI');
  await mkdir(options.dataDir, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return await startOnce(options);
    } catch (error) {
      // A port that was free a moment ago may be taken by now. Only ports of our own choice can be chosen again.
      const taken = isMillraceError(error) && error.code === 'PROCESS_FAILED' && /already in use/.test(error.message);
      if (!taken || attempt === 3) throw error;
    }
  }
}

async function startOnce(options: TemporalServerOptions): Promise<TemporalServer> {
  const [freeFrontend = 0, freeUi = 0] = await freePorts(2);
  const frontend = options.ports?.frontend ?? freeFrontend;
  const ui = options.ports?.ui ?? freeUi;
  const namespace = options.namespace ?? 'default';
  const searchAttributes = options.searchAttributes ?? Object.values(SEARCH_ATTRIBUTES);
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(frontend), '--ui-port', String(ui)];
  args.push('--namespace', namespace, '--log-level', 'error');
  for (const name of searchAttributes) args.push('--search-attribute', `${name}=Keyword`);
  for (const value of options.dynamicConfig ?? DYNAMIC_CONFIG) args.push('--dynamic-config-value', value);
  if (!options.inMemory) {
    args.push('--db-filename', join(options.dataDir, 'temporal.db'));
    // A write-ahead log, synced at checkpoints: safe against a kill of the server, and several times faster than the default.
    args.push('--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal');
  }

  const own = options.supervisor === undefined;
  const supervisor = options.supervisor ?? createSupervisor({ logsDir: join(options.dataDir, 'logs') });
  const server = supervisor.start({
    name: 'temporal',
    command: process.execPath,
    args: [compiledModule(__filename, './watcher'), options.binary, ...args],
    restarts: options.inMemory ? 0 : (options.restarts ?? 0),
  });
  const close = async () => {
    await server.stop();
    if (own) await supervisor.close();
  };
  const address = `127.0.0.1:${frontend}`;
  try {
    await waitUntilReady({ server, address, namespace, searchAttributes, signal: options.signal });
  } catch (error) {
    await close();
    throw error;
  }
  return { address, namespace, ui: `http://127.0.0.1:${ui}`, failed: server.failed, close };
}

interface Awaited {
  server: SupervisedProcess;
  address: string;
  namespace: string;
  searchAttributes: readonly string[];
  signal?: AbortSignal;
}

async function waitUntilReady({ server, address, namespace, searchAttributes, signal }: Awaited): Promise<void> {
  let failure: MillraceError | undefined;
  void server.failed.then((error) => (failure = error));
  const connection = Connection.lazy({ address });
  try {
    for (const deadline = Date.now() + READY_WITHIN_MS; ;) {
      if (failure !== undefined) throw failure;
      signal?.throwIfAborted();
      const reason = await missing(connection, namespace, searchAttributes);
      if (reason === null) return;
      if (Date.now() > deadline) {
        throw new MillraceError('PROCESS_FAILED', `temporal did not answer at ${address}: ${reason}`);
      }
      await delay(100, undefined, { signal });
    }
  } finally {
    await connection.close();
  }
}

/** What still has to appear, or null. The server opens its port before it has made the namespace and the attributes. */
async function missing(
  connection: Connection,
  namespace: string,
  searchAttributes: readonly string[],
): Promise<string | null> {
  try {
    await connection.withDeadline(Date.now() + 2_000, async () => {
      await connection.workflowService.describeNamespace({ namespace });
    });
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const absent = searchAttributes.filter((name) => !(name in (customAttributes ?? {})));
    return absent.length === 0 ? null : `search attributes ${absent.join(', ')} are missing`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
