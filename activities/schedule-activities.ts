import { findPipeline, freezePipeline, knownPartitions, partitionsOfFiring } from '../engine/pipelines/index.js';
import type { FiringInput } from '../schemas/index.js';
import { quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

/** What firings of schedules ask. */
export function createScheduleActivities({ config, lineage }: Pick<ActivityDependencies, 'config' | 'lineage'>) {
  return {
    /** Partitions that a nominal time closes: the last that is complete, with all keys of what is no time. None before the first is. */
    async closedPartitions(input: { request: FiringInput; nominalTime: string }): Promise<string[]> {
      return quickScope(async () => {
        const pipeline = findPipeline(config.pipelines, input.request.pipeline);
        freezePipeline(pipeline, input.request.params);
        const partitions = await knownPartitions(lineage.partitionSets, pipeline.partitions);
        return partitionsOfFiring(partitions, input.nominalTime, pipeline.schedule);
      });
    },
  };
}
