import type { Check } from '../../schemas/check.js';
import type { ColumnKind } from './column-kind.js';
import { runScan, type ScanJob } from './run-scan.js';
import { createScanPool } from './scan-pool.js';
import type { CheckState } from './states.js';

/** Checks that ask of keys no more than how many there are. */
const COUNTABLE = new Set<Check['type']>(['unique', 'primary_key', 'duplicate_rows', 'distinct_count', 'unique_ratio']);

const FEWEST_PASSES = 4;
/** So many hold a thousand million short keys, which is more than anybody waits for. */
const MOST_PASSES = 256;

/**
 * Counts the keys of a check exactly where they do not fit into memory: the files are read several times, and each time one share of
 * the keys is kept. As many passes as are needed, twice as many where a share does not fit either.
 * @param job what is scanned, by a suite of that one check
 * @param kinds types of what it reads
 * @returns null where that is not possible: for other checks, for values that cannot be compared, and with far too many keys
 */
export async function countInPasses(
  job: Omit<ScanJob, 'keyShare' | 'checkpoints'>,
  { type }: Check,
  kinds: readonly ColumnKind[],
): Promise<CheckState | null> {
  if (!COUNTABLE.has(type) || kinds.some(({ layout }) => layout === 'opaque')) return null;
  // Threads are kept from pass to pass.
  const pool = job.pool ?? createScanPool();
  try {
    for (let of = FEWEST_PASSES; of <= MOST_PASSES; of *= 2) {
      const counted = await countShares({ ...job, pool }, of);
      if (counted !== null) return counted;
    }
    return null;
  } finally {
    if (job.pool === undefined) await pool.close();
  }
}

/** @returns null where a share does not fit into memory */
async function countShares(job: Omit<ScanJob, 'keyShare' | 'checkpoints'>, of: number): Promise<CheckState | null> {
  let distinct = 0;
  let [total, nulls] = [0, 0];
  for (let index = 0; index < of; index++) {
    const state = (await runScan({ ...job, checkpoints: undefined, keyShare: { index, of } })).states[0]!;
    if (state.kind === 'error') return state.overBudget === true ? null : state;
    if (state.kind !== 'keys' && state.kind !== 'counts') return null;
    distinct += state.keys.offsets.length - 1;
    ({ total, nulls } = state);
  }
  return { kind: 'spilled', total, nulls, distinct };
}
