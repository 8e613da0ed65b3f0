import {
  hint,
  MillraceError,
  type FrozenPipeline,
  type PartitionWindow,
  type Pipeline,
  type RunInput,
} from '../../schemas/index.js';
import { lastCompletePartition, partitionWindow } from '../datasets/index.js';
import { freezePipeline } from './freeze-pipeline.js';

/** What a run is about, decided once. */
export interface ResolvedRun {
  pipeline: FrozenPipeline;
  window: PartitionWindow;
  /** ISO 8601. */
  logicalTime: string;
}

/**
 * Decides what a run is about: its frozen specification, its partition and its logical time.
 * @param fallbackTime the schedule’s nominal time, else the start time, as ISO 8601
 * @throws PIPELINE_UNKNOWN, PARTITION_INVALID, PARAMETER_INVALID, PIPELINE_INVALID
 */
export function resolveRun(pipelines: readonly Pipeline[], request: RunInput, fallbackTime: string): ResolvedRun {
  const pipeline = findPipeline(pipelines, request.pipeline);
  const logicalTime = request.logicalTime ?? fallbackTime;
  const key = request.partition ?? lastCompletePartition(pipeline.partitions, new Date(logicalTime));
  const window = partitionWindow(pipeline.partitions, key);
  return { pipeline: freezePipeline(pipeline, request.params), window, logicalTime };
}

/** @throws PIPELINE_UNKNOWN with the nearest name */
export function findPipeline(pipelines: readonly Pipeline[], name: string): Pipeline {
  const pipeline = pipelines.find((candidate) => candidate.name === name);
  if (pipeline !== undefined) return pipeline;
  const names = pipelines.map((candidate) => candidate.name);
  throw new MillraceError('PIPELINE_UNKNOWN', `there is no pipeline "${name}"${hint(name, names)}`, {
    problems: [{ path: 'pipeline', message: `there is no pipeline "${name}"${hint(name, names)}` }],
  });
}
