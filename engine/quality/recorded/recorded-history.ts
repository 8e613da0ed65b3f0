import { everyVersion } from '../../lineage/every-version.js';
import type { Suite } from '../../../schemas/check.js';
import type { Partitions } from '../../../schemas/index.js';
import { partitionWindow, precedingPartitions } from '../../datasets/index.js';
import type { EarlierVersion } from '../kernels/kernel.js';
import { readStates } from '../stored-states.js';
import type { Records } from './recorded-data.js';

const NEEDS_HISTORY = new Set(['row_count_change', 'volume_anomaly', 'metric_anomaly', 'schema_change']);

/** Earlier partitions that are looked at: enough for a yearly season of weeks, and for two months of days. */
const MOST_VERSIONS = 64;

/**
 * The published versions of the partitions before one, by their stored profiles, the oldest first; none for a suite that does not
 * ask for them. Versions that no check has profiled are left out.
 */
export async function recordedHistory(
  { lineage, store }: Records,
  suite: Suite,
  { dataset, partition, partitions }: { dataset: string; partition: string; partitions: Partitions },
): Promise<EarlierVersion[]> {
  if (partitions.kind === 'none' || !suite.checks.some(({ type }) => NEEDS_HISTORY.has(type))) return [];
  const before = precedingPartitions(partitions, partition, MOST_VERSIONS).sort();
  const keys = new Set(before);
  const range = { from: before[0] ?? '', to: before.at(-1) ?? '' };
  const listed = await everyVersion(lineage, dataset, { published: true, ...range });
  const earlier: EarlierVersion[] = [];
  for (const { ref, published, states } of listed) {
    if (!published || states === null || !keys.has(ref.partition)) continue;
    const time = partitionWindow(partitions, ref.partition).start;
    const { profile } = await readStates(store, states);
    if (time !== undefined && profile !== null) earlier.push({ time, profile });
  }
  return earlier.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}
