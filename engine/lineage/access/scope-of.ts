import type { TokenScope } from '../../../schemas/index.js';
import { API_OPERATIONS } from '../api-operations.js';

const SCOPES = new Map(
  API_OPERATIONS.map(({ method, path, scope = method === 'GET' ? 'read' : 'write' }) => [
    `${method} /api/v1${path.replace(/\{(\w+)\}/g, ':$1')}`,
    scope,
  ]),
);

/**
 * Scope that a request must have; null: none.
 * @param url pattern of the route; undefined for a path that there is not
 */
export function scopeOf(method: string, url: string | undefined): TokenScope | null {
  // A path that is not there has nothing to guard.
  if (url === undefined) return 'read';
  const scope = SCOPES.get(`${method === 'HEAD' ? 'GET' : method} ${url}`);
  return scope === undefined ? (url === '/' ? 'read' : 'admin') : scope;
}
