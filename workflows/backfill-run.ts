import {
  CancelledFailure,
  ChildWorkflowFailure,
  ParentClosePolicy,
  isCancellation,
  patched,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError, type Priority } from '@temporalio/common';
import {
  runWorkflowId,
  summaryText,
  taskQueue,
  type OutcomeLetter,
  type RunRequest,
  type RunResult,
  type RunVerdict,
} from '../schemas/index.js';
import { problemPaths, summarizeFailure } from './failures.js';

/** How the run of a partition ended. */
export interface RunEnd {
  letter: OutcomeLetter;
  /** Null if it succeeded. */
  problem: { code: string; message: string } | null;
}

const CANCELLED: RunEnd = { letter: 'c', problem: { code: 'RUN_CANCELLED', message: 'its run was cancelled' } };

const LETTERS: Record<RunVerdict, OutcomeLetter> = { succeeded: 's', refused: 'r', rolled_back: 'b', failed: 'f' };

/**
 * Starts the run of a partition under its ordinary id.
 * @returns a promise of its result, or undefined if one is under way that somebody else started
 */
export async function startRun(
  request: RunRequest & { partition: string },
  priority: Priority,
): Promise<{ result: Promise<RunResult> } | undefined> {
  try {
    const child = await startChild<(input: unknown) => Promise<RunResult>>('pipelineRun', {
      workflowId: runWorkflowId(request.pipeline, request.partition),
      taskQueue: taskQueue('orchestration'),
      args: [request],
      staticSummary: summaryText(`${request.pipeline} ${request.partition}`),
      // A backfill that ends, or continues as new, takes no run with it.
      parentClosePolicy: ParentClosePolicy.ABANDON,
      priority,
    });
    return { result: child.result() };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return undefined;
    throw error;
  }
}

/** What the end of a run says of its partition. */
export function endOf(end: Pick<RunResult, 'verdict' | 'reason' | 'message'> & { paths?: string[] }): RunEnd {
  const { verdict, reason, message, paths = [] } = end;
  if (reason === 'CANCELLED') return CANCELLED;
  if (verdict === 'failed') return endOfFailed({ code: reason, message }, paths);
  return { letter: LETTERS[verdict], problem: verdict === 'succeeded' ? null : { code: reason, message } };
}

/** What a failure says of its partition: cancelled by whomever, or failed. */
export function endOfFailure(error: unknown): RunEnd {
  const root = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (root instanceof CancelledFailure || isCancellation(error)) return CANCELLED;
  return endOfFailed(summarizeFailure(error), problemPaths(error));
}

/**
 * A key that was in its set when the plan was made, and was removed since, has nothing left to be done. Unknown to the set of
 * data that the run reads, it is no partition that cannot be, and its run has failed.
 */
function endOfFailed(problem: { code: string; message: string }, paths: readonly string[]): RunEnd {
  const unknown = problem.code === 'PARTITION_UNKNOWN' && paths.includes('partition');
  return { letter: unknown && patched('removed-keys-are-skipped') ? 'k' : 'f', problem };
}
