import type { DuckDBConnection } from '@duckdb/node-api';
import type { CacheClaimRequest, CacheClaimResponse, CacheHolder } from '../../schemas/index.js';
import type { Outcome } from './commit-queue.js';
import { connectionReader } from './reader.js';

/** Nothing is computed for as long as this; claims that are older are forgotten. */
const FORGOTTEN_AFTER = '30 days';

interface ClaimRow {
  run_id: string;
  workflow_id: string;
  step: string;
  open: boolean;
}

/**
 * Decides who may compute what has a key: whoever asks first, until its step or its run has ended on record. There is
 * nothing to give back, so nothing can be forgotten; of a run that ended without a word, whoever noticed it says so.
 * Called by the single writer within a transaction.
 * @param head number of the newest event
 */
export async function claimKeys(
  writer: DuckDBConnection,
  requests: readonly CacheClaimRequest[],
  head: number,
): Promise<Outcome<CacheClaimResponse>[]> {
  const outcomes: Outcome<CacheClaimResponse>[] = [];
  for (const request of requests) outcomes.push({ value: { holder: await claim(writer, request, head) } });
  return outcomes;
}

async function claim(
  writer: DuckDBConnection,
  { key, runId, workflowId, step, replaces }: CacheClaimRequest,
  head: number,
): Promise<CacheHolder | null> {
  const [row] = await connectionReader(writer)<ClaimRow>(
    `SELECT c.run_id, c.workflow_id, c.step,
       NOT EXISTS (SELECT 1 FROM steps s WHERE s.run_id = c.run_id AND s.step = c.step AND s.sequence > c.after)
       AND NOT EXISTS (SELECT 1 FROM run_ends e WHERE e.run_id = c.run_id) AS open
     FROM cache_claims c WHERE c.key = $1`,
    [key],
  );
  const own = row?.run_id === runId && row.step === step;
  if (row?.open && !own && row.run_id !== replaces) {
    return { runId: row.run_id, workflowId: row.workflow_id, step: row.step };
  }
  await writer.run(
    `DELETE FROM cache_claims
     WHERE key = $1 OR claimed_at < now()::TIMESTAMPTZ AT TIME ZONE 'UTC' - INTERVAL '${FORGOTTEN_AFTER}'`,
    [key],
  );
  await writer.run(
    "INSERT INTO cache_claims VALUES ($1, $2, $3, $4, $5::BIGINT, now()::TIMESTAMPTZ AT TIME ZONE 'UTC')",
    [key, runId, workflowId, step, head],
  );
  return null;
}
