import { backfillRange, type BackfillRange } from './backfill-range.js';

/** The id of the one execution that answers for this pipeline and partition, whoever asks. */
export function runWorkflowId(pipeline: string, partition: string): string {
  return `run/${pipeline}/${partition}`;
}

/** The id of the one backfill of a range of partitions, of some keys, or of a whole set. */
export function backfillWorkflowId(pipeline: string, range: BackfillRange): string {
  return `backfill/${pipeline}/${backfillRange(range)}`;
}

/** Which pipeline and range a backfill has by its id; null for another id. */
export function parseBackfillId(workflowId: string): { pipeline: string; range: string } | null {
  const [, pipeline, range] = /^backfill\/([^/]+)\/(.+)$/.exec(workflowId) ?? [];
  return pipeline === undefined || range === undefined ? null : { pipeline, range };
}

/** Whether an id has the form of a run’s. */
export function isRunWorkflowId(workflowId: string): boolean {
  return /^run\/[^/]+\/./.test(workflowId);
}

/** The id of an execution that was started without a partition: it finds out which is meant, and joins that run. */
export function resolvingWorkflowId(pipeline: string, startId: string): string {
  return `resolve/${pipeline}/${startId}`;
}

/** The id of the one rollout that may move an endpoint's traffic. */
export function rolloutWorkflowId(endpoint: string): string {
  return `rollout/${endpoint}`;
}

/** The id of the one recall of a dataset version, given as `dataset:NAME/PARTITION@VERSION`. */
export function recallWorkflowId(version: string): string {
  return `recall/${version.replace(/^dataset:/, '')}`;
}

/** Search attributes of a run, all of type Keyword. */
export const SEARCH_ATTRIBUTES = {
  pipeline: 'MillracePipeline',
  partition: 'MillracePartition',
  verdict: 'MillraceVerdict',
} as const;
