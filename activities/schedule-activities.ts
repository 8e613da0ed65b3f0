import { lastCompletePartition } from '../engine/datasets/index.js';
import { findPipeline, freezePipeline } from '../engine/pipelines/index.js';
import { DIMENSION_SEPARATOR, type Dimension, type FiringInput, type Partitions } from '../schemas/index.js';
import { quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

/** What firings of schedules ask. */
export function createScheduleActivities({ config }: Pick<ActivityDependencies, 'config'>) {
  return {
    /** Partitions that a nominal time closes: the last that is complete, with all keys of what is no time. */
    async closedPartitions(input: { request: FiringInput; nominalTime: string }): Promise<string[]> {
      return quickScope(async () => {
        const pipeline = findPipeline(config.pipelines, input.request.pipeline);
        freezePipeline(pipeline, input.request.params);
        return closedBy(pipeline.partitions, input.nominalTime);
      });
    },
  };
}

function closedBy(partitions: Partitions, nominalTime: string): string[] {
  const keys = (cut: Exclude<Partitions, { kind: 'product' }> | Dimension) =>
    cut.kind === 'static' ? cut.keys : [lastCompletePartition(cut, nominalTime)];
  if (partitions.kind !== 'product') return keys(partitions);
  const [outer = [], inner = []] = Object.values(partitions.dimensions).map(keys);
  return outer.flatMap((one) => inner.map((other) => `${one}${DIMENSION_SEPARATOR}${other}`));
}
