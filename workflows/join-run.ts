import {
  ChildWorkflowCancellationType,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, type Priority } from '@temporalio/common';
import type { createRunActivities, ExecutionPoll } from '../activities/index.js';
import { summaryText, taskQueue, type RunRequest, type RunResult } from '../schemas/index.js';
import { workOptions } from './activity-options.js';
import { failure } from './failures.js';
import { runPriority } from './run-priority.js';

// Not local: several at once would come back in another order when the history is replayed.
const { pollRun } = proxyActivities<ReturnType<typeof createRunActivities>>(
  workOptions('io', 'orchestration', { timeoutSeconds: 20 }, 'a run that is waited for'),
);

const FIRST_POLL_MS = 500;
const LONGEST_POLL_MS = 30_000;

/** What somebody asks for again under another id. */
export interface JoinedExecution<T> {
  /** Workflow type. */
  type: 'pipelineRun' | 'backfill' | 'recall';
  /** The derived id. */
  workflowId: string;
  request: object;
  /** Shown in the Temporal UI. */
  summary: string;
  poll: () => Promise<ExecutionPoll<T>>;
  /** Left out, it is that of whoever asks. */
  priority?: Priority | undefined;
}

/** Starts the run with a derived id, or waits for the one that is under way already. */
export function joinRun(workflowId: string, request: RunRequest): Promise<RunResult> {
  const summary = `${request.pipeline} ${request.partition ?? ''}`;
  const poll = () => pollRun({ workflowId });
  return joinExecution({
    type: 'pipelineRun',
    workflowId,
    request,
    summary,
    poll,
    priority: runPriority(request.pipeline),
  });
}

/**
 * Starts the execution with a derived id, or waits for the one that is under way already: the same question has the same
 * execution. Waiting holds no worker slot. It goes on if the one that waits is ended.
 */
export async function joinExecution<T>(joined: JoinedExecution<T>): Promise<T> {
  const { type, workflowId, request, summary, poll, priority } = joined;
  for (;;) {
    try {
      return await executeChild<(input: unknown) => Promise<T>>(type, {
        workflowId,
        taskQueue: taskQueue('orchestration'),
        args: [request],
        staticSummary: summaryText(summary),
        // Others may have joined it: who stops waiting does not stop it.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        cancellationType: ChildWorkflowCancellationType.ABANDON,
        ...(priority && { priority }),
      });
    } catch (error) {
      if (isCancellation(error) || !(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
    const result = await awaitExecution(poll);
    if (result !== undefined) return result;
  }
}

/** Looks again and again, less and less often, until an execution has ended; undefined if it is gone. */
export async function awaitExecution<T>(poll: () => Promise<ExecutionPoll<T>>): Promise<T | undefined> {
  for (let wait = FIRST_POLL_MS; ; wait = Math.min(LONGEST_POLL_MS, wait * 1.5)) {
    const found = await poll();
    if (found.status === 'completed') return found.result;
    if (found.status === 'absent') return undefined;
    if (found.status === 'failed') throw failure(found.code, found.message);
    await sleep(wait);
  }
}
