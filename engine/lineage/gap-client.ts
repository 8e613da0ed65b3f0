import type { z } from 'zod';
import {
  knownKeysResponseSchema,
  openRunsResponseSchema,
  unproducedVersionsResponseSchema,
} from '../../schemas/index.js';
import type { Request } from '../../schemas/lineage-request.js';

/** What the auditor asks the lineage owner. Pages are of 100 by default, at most 1000; give the `next` of one as `after`. */
export interface GapClient {
  /** Which of these idempotency keys are on record; at most 1000. */
  knownKeys(keys: readonly string[]): Promise<Set<string>>;
  /** Runs whose end is not on record, oldest first. */
  openRuns(page?: PageOptions): Promise<z.output<typeof openRunsResponseSchema>>;
  /** Dataset versions whose run is not on record. */
  unproducedVersions(page?: PageOptions): Promise<z.output<typeof unproducedVersionsResponseSchema>>;
}

interface PageOptions {
  limit?: number;
  after?: string | null;
}

export function createGapClient(request: Request): GapClient {
  const query = ({ limit = 100, after = null }: PageOptions = {}) =>
    `?limit=${limit}${after === null ? '' : `&after=${encodeURIComponent(after)}`}`;
  return {
    knownKeys: async (keys) => new Set((await request(knownKeysResponseSchema, 'POST', '/gaps/keys', { keys })).known),
    openRuns: (page) => request(openRunsResponseSchema, 'GET', `/gaps/runs${query(page)}`),
    unproducedVersions: (page) => request(unproducedVersionsResponseSchema, 'GET', `/gaps/versions${query(page)}`),
  };
}
