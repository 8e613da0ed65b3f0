import { MillraceError, type EndpointChange, type EndpointState, type ModelVersionRef } from '../../schemas/index.js';
import type { Reader } from './reader.js';

interface EndpointRow {
  endpoint: string;
  generation: number;
  stable: string | null;
  canary: string | null;
  canary_weight: number;
  actor: string;
  reason: string;
  run_id: string;
  changed_at: string;
}

/** The state in force of each endpoint, also of retired ones, by name. */
export async function listEndpoints(read: Reader): Promise<EndpointState[]> {
  return (await read<EndpointRow>('SELECT * FROM endpoint_states ORDER BY endpoint')).map(stateOf);
}

/** @throws NOT_FOUND */
export async function endpointState(read: Reader, endpoint: string): Promise<EndpointState> {
  const [row] = await read<EndpointRow>('SELECT * FROM endpoint_states WHERE endpoint = $1', [endpoint]);
  if (row === undefined) throw new MillraceError('NOT_FOUND', `no endpoint ${endpoint} was ever set`);
  return stateOf(row);
}

/** Every state of an endpoint, newest first; none for one that was never set. */
export async function endpointHistory(read: Reader, endpoint: string): Promise<EndpointChange[]> {
  const rows = await read<EndpointRow>('SELECT * FROM endpoint_changes WHERE endpoint = $1 ORDER BY sequence DESC', [
    endpoint,
  ]);
  return rows.map((row) => ({ ...stateOf(row), actor: row.actor, runId: row.run_id }));
}

function stateOf(row: EndpointRow): EndpointState {
  return {
    endpoint: row.endpoint,
    generation: row.generation,
    stable: modelOf(row.stable),
    canary: modelOf(row.canary),
    canaryWeight: row.canary_weight,
    changedAt: row.changed_at,
    reason: row.reason,
  };
}

function modelOf(text: string | null): ModelVersionRef | null {
  return text === null ? null : (JSON.parse(text) as ModelVersionRef);
}
