/** A run that made something which is tainted. */
export interface TaintedRun {
  pipeline: string;
  partition: string;
  /** Whether its pipeline writes datasets, besides models. */
  writesDatasets: boolean;
}

/** Input of a backfill, as far as a repair decides it. */
export interface RepairBackfill {
  pipeline: string;
  /** A range of time. */
  from?: string;
  to?: string;
  /** Where partitions are no times: each of them. */
  keys?: string[];
  reprocess: 'all';
}

/** Keys of one backfill; a plan is a payload. */
const KEYS_AT_ONCE = 100;

/**
 * Backfills that make anew what was tainted, in the order in which it was made: neighbouring partitions together. A
 * pipeline that only trains is repeated for its newest partition alone, because older models serve nobody.
 * @param runs in the order in which they began
 * @param range keys from one partition of a pipeline to another, in order; null where its partitions are no times, so that there is none
 */
export function repairBackfills(
  runs: readonly TaintedRun[],
  range: (pipeline: string, from: string, to: string) => string[] | null,
): RepairBackfill[] {
  const byPipeline = new Map<string, TaintedRun[]>();
  for (const run of runs) byPipeline.set(run.pipeline, [...(byPipeline.get(run.pipeline) ?? []), run]);
  return [...byPipeline].flatMap(([pipeline, made]) => {
    const wanted = new Set(made.map(({ partition }) => partition));
    const sorted = [...wanted].sort();
    const last = sorted.at(-1);
    if (last === undefined) return [];
    const first = made.some(({ writesDatasets }) => writesDatasets) ? (sorted[0] ?? last) : last;
    const ranges: RepairBackfill[] = [];
    let open: RepairBackfill | undefined;
    const between = range(pipeline, first, last);
    if (between === null) {
      const all = made.some(({ writesDatasets }) => writesDatasets);
      // Runs are in the order in which they began.
      const keys = all ? sorted : [made.at(-1)?.partition ?? last];
      for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
        ranges.push({ pipeline, keys: keys.slice(start, start + KEYS_AT_ONCE), reprocess: 'all' });
      }
      return ranges;
    }
    for (const key of between) {
      if (!wanted.has(key)) open = undefined;
      else if (open !== undefined) open.to = key;
      else ranges.push((open = { pipeline, from: key, to: key, reprocess: 'all' }));
    }
    return ranges;
  });
}
