import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { compiledModule } from '../../engine/threads.js';
import type { MillraceError } from '../../schemas/errors.js';
import { WORKER_ROLES } from '../../schemas/task-queues.js';
import { makeDataFolder } from './data-folder.js';
import { lockDataFolder } from './data-folder-lock.js';
import { removeEmbeddedMarker, writeEmbeddedMarker, type EmbeddedAddresses } from './embedded-marker.js';
import { freePorts, requireFreePort } from './ports.js';
import { identify } from './process-identity.js';
import { waitForHttp, waitForPollers } from './readiness.js';
import { createSupervisor, type ProcessSpec } from './supervisor.js';
import { findTemporalBinary } from './temporal-binary.js';
import { startTemporalServer } from './temporal-server.js';

export interface EmbeddedOptions {
  /** Folder of all data: databases, store, logs. Made if it is missing; used by one embedded mode at a time. */
  dataDir: string;
  /** Folder of the project: where the workers start, and where its configuration is looked for. */
  projectDir: string;
  /** Configuration file; by default `millrace.config.*` in the project's folder. */
  configFile?: string;
  /** Ports on loopback; free ones by default. */
  ports?: { temporal?: number; temporalUi?: number; lineage?: number; modelServer?: number };
  /** Keeps the Temporal database in memory: faster, but what ran is forgotten at the end. Default false. */
  inMemory?: boolean;
  /** How often a process that ended by itself is started again; default 3. */
  restarts?: number;
  env?: NodeJS.ProcessEnv;
  /** Told in words how far the start is, and when a process is started again. */
  onProgress?: (message: string) => void;
  /** Gives up the start. */
  signal?: AbortSignal;
}

export interface EmbeddedMode extends EmbeddedAddresses {
  /** Resolves if one of the processes ended by itself more often than it is started again. */
  failed: Promise<MillraceError>;
  /** Ends everything in order: workers and model server, the lineage owner, Temporal. Nothing is left running. */
  close(): Promise<void>;
  /** Kills everything at once. */
  kill(): void;
}

const ROLES_BESIDES_LINEAGE = WORKER_ROLES.filter((role) => role !== 'lineage');

/**
 * Starts everything that Millrace needs on this machine, on loopback: a Temporal server (unless TEMPORAL_ADDRESS names one),
 * the lineage owner, a worker with all other roles and a model server, each a process of its own.
 * Resolves when all of them answer; rejects with nothing left running.
 * @throws MillraceError DATA_FOLDER_IN_USE, PORT_IN_USE, TEMPORAL_BINARY_NOT_FOUND, PROCESS_FAILED, and the errors of the configuration
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedMode> {
  const { signal, ports = {}, onProgress } = options;
  const env = options.env ?? process.env;
  const dataDir = resolve(options.dataDir);
  const restarts = options.restarts ?? 3;
  await makeDataFolder(dataDir);
  const lock = await lockDataFolder(dataDir, signal);
  const supervisor = createSupervisor({
    logsDir: join(dataDir, 'logs'),
    onProcesses: (processes) => lock.setChildren(processes),
    onRestart: (name, failure) => onProgress?.(`starting ${name} again: ${failure.message}`),
  });
  const inOrder: { stop(): Promise<void> }[][] = [];
  let closing: Promise<void> | undefined;
  const close = () =>
    (closing ??= (async () => {
      await removeEmbeddedMarker(dataDir);
      for (const group of inOrder.reverse()) await Promise.all(group.map((member) => member.stop()));
      await supervisor.close();
      await lock.release();
    })());

  try {
    const failures: Promise<MillraceError>[] = [];
    const [freeLineage, freeModelServer] = await freePorts(2);
    const lineagePort = ports.lineage ?? freeLineage;
    const modelServerPort = ports.modelServer ?? freeModelServer;
    if (ports.lineage !== undefined) await requireFreePort(ports.lineage, 'the lineage owner');
    if (ports.modelServer !== undefined) await requireFreePort(ports.modelServer, 'the model server');

    let temporal = {
      address: env.TEMPORAL_ADDRESS ?? '',
      namespace: env.TEMPORAL_NAMESPACE ?? 'default',
      ui: null as string | null,
    };
    const ownsTemporal = temporal.address === '';
    if (ownsTemporal) {
      const binary = await findTemporalBinary({ env, onProgress, signal });
      onProgress?.(`starting Temporal (${binary.path})`);
      const server = await startTemporalServer({
        binary: binary.path,
        dataDir,
        inMemory: options.inMemory,
        ports: { frontend: ports.temporal, ui: ports.temporalUi },
        restarts,
        supervisor,
        signal,
      });
      inOrder.push([{ stop: server.close }]);
      failures.push(server.failed);
      temporal = server;
    }

    const addresses: EmbeddedAddresses = {
      temporalAddress: temporal.address,
      namespace: temporal.namespace,
      temporalUi: temporal.ui,
      lineageUrl: `http://127.0.0.1:${lineagePort}`,
      modelServerUrl: `http://127.0.0.1:${modelServerPort}`,
      dataDir,
    };
    const childEnv = {
      ...(ownsTemporal ? withoutTemporal(env) : env),
      TEMPORAL_ADDRESS: temporal.address,
      TEMPORAL_NAMESPACE: temporal.namespace,
      MILLRACE_LINEAGE_URL: addresses.lineageUrl,
      MILLRACE_DATA_DIR: dataDir,
      ...(temporal.ui !== null && { MILLRACE_TEMPORAL_UI: temporal.ui }),
      // Once somebody makes a token, the processes started here are let in all the same.
      MILLRACE_SIBLING_TOKEN: randomBytes(32).toString('base64url'),
    };
    const config = options.configFile === undefined ? [] : ['--config', resolve(options.configFile)];
    const millrace = (name: string, args: readonly string[]): ProcessSpec => ({
      name,
      command: process.execPath,
      args: [compiledModule(__filename, '../../cli/main'), ...args],
      env: childEnv,
      cwd: options.projectDir,
      restarts,
      graceMs: 20_000,
    });
    const launch = (specs: ProcessSpec[]) => {
      const group = specs.map((spec) => supervisor.start(spec));
      inOrder.push(group);
      failures.push(...group.map((member) => member.failed));
      return group;
    };
    const connection = { address: temporal.address, namespace: temporal.namespace, ownsTemporal };

    onProgress?.('starting the lineage owner');
    launch([millrace('lineage', ['worker', '--role', 'lineage', '--lineage-port', String(lineagePort), ...config])]);
    await firstFailure(
      failures,
      (abort) => waitForHttp(`${addresses.lineageUrl}/api/v1/live`, 'lineage', abort),
      signal,
    );

    onProgress?.('starting workers and model server');
    launch([
      millrace('worker', ['worker', '--role', ...ROLES_BESIDES_LINEAGE, ...config]),
      millrace('model-server', ['serve', '--host', '127.0.0.1', '--port', String(modelServerPort), ...config]),
    ]);
    await firstFailure(
      failures,
      (abort) =>
        Promise.all([
          waitForHttp(`${addresses.modelServerUrl}/v2/health/live`, 'model-server', abort),
          waitForPollers(connection, WORKER_ROLES, abort),
        ]),
      signal,
    );

    await writeEmbeddedMarker({
      ...addresses,
      ownsTemporal,
      holder: identify(process.pid) ?? { pid: process.pid, began: '' },
    });
    return { ...addresses, failed: Promise.race(failures), close, kill: () => supervisor.kill() };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Waits for something that the processes bring about, and gives up as soon as one of them fails. */
async function firstFailure(
  failures: readonly Promise<MillraceError>[],
  work: (abort: AbortSignal) => Promise<unknown>,
  signal?: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const abort = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
  try {
    const failed = Promise.race(failures).then((error) => Promise.reject(error));
    await Promise.race([work(abort), failed]);
  } finally {
    done.abort();
  }
}

/** The environment without anything that would lead a child to another Temporal server, or to it in another way. */
function withoutTemporal(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_'));
  return { ...Object.fromEntries(kept), MILLRACE_TEMPORAL_PLAIN: '1' };
}
