import { resolve } from 'node:path';
import { loadClientConfigProfile, type ClientConnectConfig } from '@temporalio/envconfig';
import type { ConnectOptions } from '../client/index.js';
import { invalidProfile, temporalProfile } from '../client/temporal-profile.js';
import { MillraceError } from '../schemas/errors.js';
import { readEmbeddedMarker, type EmbeddedMarker } from '../workers/embedded/embedded-marker.js';
import { DEFAULT_DATA_DIR, type TargetOptions } from './options.js';

/** Where the things are that a command talks to. */
export interface Target {
  /** For `connect` of the client. */
  temporal: ConnectOptions;
  /** Web UI, where it is known. */
  temporalUi: string | null;
  /** Undefined: nobody said where the lineage owner is. */
  lineageUrl: string | undefined;
  /** Undefined: nobody said where the model server is. */
  modelServerUrl: string | undefined;
  dataDir: string;
  /** What it was found by, for people. */
  foundBy: 'options' | 'environment' | 'embedded mode' | 'default';
}

/**
 * Finds what a command talks to: options first; then, if `--data-dir` is given, the embedded mode that runs there; then the
 * environment and Temporal’s profiles; then the embedded mode that runs in the default data folder; else Temporal’s own default.
 */
export async function resolveTarget(options: TargetOptions, env: NodeJS.ProcessEnv = process.env): Promise<Target> {
  const dataDir = resolve(options.dataDir ?? env.MILLRACE_DATA_DIR ?? DEFAULT_DATA_DIR);
  const embedded = await readEmbeddedMarker(dataDir);
  const lineage = options.lineageUrl ?? (options.dataDir === undefined ? env.MILLRACE_LINEAGE_URL : undefined);
  const common = {
    dataDir,
    lineageUrl: lineage ?? embedded?.lineageUrl ?? env.MILLRACE_LINEAGE_URL,
    modelServerUrl: embedded?.modelServerUrl,
    temporalUi: embedded?.temporalUi ?? null,
  };
  const { address, namespace, profile } = options;
  if (address !== undefined || profile !== undefined) {
    return { ...common, temporalUi: null, temporal: { address, namespace, profile }, foundBy: 'options' };
  }
  const preferred = embedded !== null && options.dataDir !== undefined;
  if (embedded !== null && (preferred || !isConfigured(env))) {
    return { ...common, temporal: embeddedTemporal(embedded, namespace), foundBy: 'embedded mode' };
  }
  const foundBy = isConfigured(env) ? 'environment' : 'default';
  return { ...common, temporalUi: null, temporal: { namespace, ...plain(env) }, foundBy };
}

/** How a worker connects to the target. */
export function workerConnection({
  temporal,
}: Target): ClientConnectConfig['connectionOptions'] & { namespace: string } {
  const configured: ClientConnectConfig = temporal.plain
    ? { connectionOptions: {} }
    : temporalProfile(temporal.profile);
  return {
    ...configured.connectionOptions,
    address: temporal.address ?? configured.connectionOptions.address ?? 'localhost:7233',
    namespace: temporal.namespace ?? configured.namespace ?? 'default',
  };
}

/** @throws MillraceError LINEAGE_UNREACHABLE if nobody said where the owner is */
export function requireLineageUrl(target: Target): string {
  if (target.lineageUrl !== undefined) return target.lineageUrl;
  throw new MillraceError(
    'LINEAGE_UNREACHABLE',
    `neither --lineage-url nor MILLRACE_LINEAGE_URL is given, and no embedded mode runs in ${target.dataDir}`,
  );
}

function embeddedTemporal(embedded: EmbeddedMarker, namespace: string | undefined): ConnectOptions {
  // A server that is not our own may need a key or a certificate, which the marker does not keep.
  return {
    address: embedded.temporalAddress,
    namespace: namespace ?? embedded.namespace,
    plain: embedded.ownsTemporal,
  };
}

/** Children of the embedded mode reach its server directly, whatever profile the user has. */
function plain(env: NodeJS.ProcessEnv): ConnectOptions {
  if (env.MILLRACE_TEMPORAL_PLAIN !== '1') return {};
  return { address: env.TEMPORAL_ADDRESS, namespace: env.TEMPORAL_NAMESPACE, plain: true };
}

function isConfigured(env: NodeJS.ProcessEnv): boolean {
  try {
    return loadClientConfigProfile({ overrideEnvVars: definedOnly(env) }).address !== undefined;
  } catch (error) {
    throw invalidProfile(error);
  }
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
