import type { ModelServerStatus } from '../../schemas/index.js';

/** Whether the model servers have a state of an endpoint in force. */
export interface Readiness {
  /** Every live server has the state, or a later one, in force. */
  ready: boolean;
  /** A server could not put the state in force. */
  failed: boolean;
  /** Live servers, and those of them that are ready. */
  servers: number;
  readyServers: number;
  /** What each server that could not says. */
  errors: { serverId: string; url: string; message: string }[];
  /** The same for people. */
  message: string;
}

/**
 * Whether all servers have a generation of an endpoint in force.
 * @param statuses of the live servers; a server that does not know the endpoint yet is waited for
 */
export function readiness(
  statuses: readonly ModelServerStatus[],
  { endpoint, generation }: { endpoint: string; generation: number },
): Readiness {
  const found = statuses.map(({ serverId, url, endpoints }) => {
    const state = endpoints.find((each) => each.endpoint === endpoint);
    const ready = state !== undefined && state.ready && state.generation >= generation;
    // An error about a generation before this one says nothing about this one.
    const current = state !== undefined && !ready && (state.failedGeneration ?? generation) >= generation;
    return { serverId, url, ready, error: current ? state.error : null };
  });
  const errors = found.flatMap(({ serverId, url, error }) =>
    error === null ? [] : [{ serverId, url, message: error }],
  );
  const readyServers = found.filter((server) => server.ready).length;
  const servers = found.length;
  const ready = servers > 0 && readyServers === servers;
  return { ready, failed: errors.length > 0, servers, readyServers, errors, message: describe() };

  function describe(): string {
    if (servers === 0) return `no model server is there to serve ${endpoint}`;
    const progress = `${readyServers} of ${servers} model servers have generation ${generation} of ${endpoint} in force`;
    return [progress, ...errors.map(({ url, message }) => `${url}: ${message}`)].join('; ');
  }
}
