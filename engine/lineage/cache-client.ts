import {
  cacheClaimResponseSchema,
  cacheFindResponseSchema,
  type CacheClaimRequest,
  type CacheFindRequest,
  type CacheFindResponse,
  type CacheHolder,
} from '../../schemas/index.js';
import type { Request } from '../../schemas/lineage-request.js';

/** What steps ask whose results are reused. */
export interface CacheClient {
  /** The newest result under a key, or why it is not to be used. */
  find(request: CacheFindRequest): Promise<CacheFindResponse>;
  /** Asks to compute what has a key; gives who does so already, or null: whoever asked may. May be repeated. */
  claim(request: CacheClaimRequest): Promise<CacheHolder | null>;
}

export function createCacheClient(request: Request): CacheClient {
  return {
    find: (body) => request(cacheFindResponseSchema, 'POST', '/cache/find', body),
    claim: async (body) => (await request(cacheClaimResponseSchema, 'POST', '/cache/claim', body)).holder,
  };
}
