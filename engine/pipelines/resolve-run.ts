import {
  hint,
  isMillraceError,
  MillraceError,
  type DeclaredPartitions,
  type FrozenPipeline,
  type PartitionWindow,
  type Pipeline,
  type Problem,
  type RunInput,
} from '../../schemas/index.js';
import { lastCompletePartition, partitionWindow } from '../datasets/index.js';
import { freezePipeline } from './freeze-pipeline.js';
import { partitionsAt, type PartitionSets } from './known-partitions.js';

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
export async function resolveRun(
  pipelines: readonly Pipeline[],
  request: RunInput,
  fallbackTime: string,
  sets: PartitionSets,
): Promise<ResolvedRun> {
  const pipeline = findPipeline(pipelines, request.pipeline);
  const logicalTime = request.logicalTime ?? fallbackTime;
  const [window, frozen] = await allOf(
    () => windowOf(sets, pipeline.partitions, request.partition, logicalTime),
    () => freezePipeline(pipeline, request.params, request.checksOff),
  );
  return { pipeline: frozen, window, logicalTime };
}

/**
 * The window of the partition of a run.
 * @param key undefined: the last that is complete at the logical time
 * @throws PARTITION_INVALID, PARTITION_UNKNOWN
 */
export async function windowOf(
  sets: PartitionSets,
  declared: DeclaredPartitions,
  key: string | undefined,
  logicalTime: string,
): Promise<PartitionWindow> {
  return withPath('partition', async () => {
    const partitions = await partitionsAt(sets, declared, key);
    return partitionWindow(partitions, key ?? lastCompletePartition(partitions, new Date(logicalTime)));
  });
}

/** Does both, so that the problems of both are named at once; the first error gives the code. */
async function allOf<A, B>(first: () => Promise<A>, second: () => B): Promise<[A, B]> {
  let a: A;
  try {
    a = await first();
  } catch (error) {
    if (isMillraceError(error)) {
      const others = problemsOf(second);
      if (others.length > 0) {
        const problems = [...error.problems, ...others];
        throw new MillraceError(error.code, error.message, { problems, cause: error });
      }
    }
    throw error;
  }
  return [a, second()];
}

function problemsOf(work: () => unknown): readonly Problem[] {
  try {
    work();
    return [];
  } catch (error) {
    if (isMillraceError(error)) return error.problems;
    throw error;
  }
}

/** An error about one field of the request names it. */
async function withPath<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isMillraceError(error) || error.problems.length > 0) throw error;
    throw new MillraceError(error.code, error.message, { problems: [{ path, message: error.message }], cause: error });
  }
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
