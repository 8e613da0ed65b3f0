import { executeChild, isCancellation, ParentClosePolicy, proxyLocalActivities, sleep } from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { createRunActivities } from '../activities/index.js';
import { taskQueue, type RunRequest, type RunResult } from '../schemas/index.js';
import { QUICK } from './activity-options.js';
import { failure } from './failures.js';

const local = proxyLocalActivities<ReturnType<typeof createRunActivities>>(QUICK);

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 30_000;

/**
 * Starts the run with a derived id, or waits for the one that is under way already: the same question has the same
 * execution. Waiting holds no worker slot. The run goes on if the one that waits is ended.
 */
export async function joinRun(workflowId: string, request: RunRequest): Promise<RunResult> {
  for (;;) {
    try {
      return await executeChild<(input: unknown) => Promise<RunResult>>('pipelineRun', {
        workflowId,
        taskQueue: taskQueue('orchestration'),
        args: [request],
        staticSummary: `${request.pipeline} ${request.partition ?? ''}`,
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
    } catch (error) {
      if (isCancellation(error) || !(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const result = await awaitRun(workflowId);
    if (result !== undefined) return result;
  }
}

/** Waits for a run that somebody else started; undefined if it is gone. */
async function awaitRun(workflowId: string): Promise<RunResult | undefined> {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(LONGEST_POLL_MS, wait * 1.5)) {
    const poll = await local.pollRun({ workflowId });
    if (poll.status === 'completed') return poll.result;
    if (poll.status === 'absent') return undefined;
    if (poll.status === 'failed') throw failure(poll.code, poll.message);
    await sleep(wait);
  }
}
