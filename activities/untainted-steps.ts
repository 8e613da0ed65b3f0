import type { LineageClient } from '../engine/lineage/index.js';
import type { ReusableStep } from '../schemas/index.js';

/** Leaves out steps that left a version which was recalled since: done again, they read a source that may be mended. */
export async function untaintedSteps(
  lineage: Pick<LineageClient, 'datasetVersions'>,
  reusable: Record<string, ReusableStep>,
): Promise<Record<string, ReusableStep>> {
  const kept = await Promise.all(
    Object.entries(reusable).map(async ([step, earlier]) => {
      const ref = earlier.output.dataset;
      if (ref === undefined) return [[step, earlier] as const];
      const { dataset, partition, version } = ref;
      const [known] = await lineage.datasetVersions(dataset, { partition, version, limit: 1 });
      return known?.marks.some(({ mark }) => mark === 'taint') === true ? [] : [[step, earlier] as const];
    }),
  );
  return Object.fromEntries(kept.flat());
}
