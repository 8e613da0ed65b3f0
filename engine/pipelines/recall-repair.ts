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
  from: string;
  to: string;
  reprocess: 'all';
}

/**
 * Backfills that make anew what was tainted, in the order in which it was made: neighbouring partitions together. A
 * pipeline that only trains is repeated for its newest partition alone, because older models serve nobody.
 * @param runs in the order in which they began
 * @param range keys from one partition of a pipeline to another, in order
 */
export function repairBackfills(
  runs: readonly TaintedRun[],
  range: (pipeline: string, from: string, to: string) => string[],
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
    for (const key of range(pipeline, first, last)) {
      if (!wanted.has(key)) open = undefined;
      else if (open !== undefined) open.to = key;
      else ranges.push((open = { pipeline, from: key, to: key, reprocess: 'all' }));
    }
    return ranges;
  });
}
