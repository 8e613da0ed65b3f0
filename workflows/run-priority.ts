import { workflowInfo } from '@temporalio/workflow';
import type { Priority } from '@temporalio/common';
import { fairnessKey } from '../schemas/index.js';

/** What a run that is started here has: the origin of whoever starts it, as a backfill’s; else it is its pipeline’s own. */
export function runPriority(pipeline: string): Priority | undefined {
  const inherited = workflowInfo().priority?.fairnessKey;
  return inherited ? undefined : { fairnessKey: fairnessKey('run', pipeline) };
}
