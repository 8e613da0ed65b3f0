import {
  CancelledFailure,
  ChildWorkflowFailure,
  ParentClosePolicy,
  isCancellation,
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
import { summarizeFailure } from './failures.js';

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
export function endOf({ verdict, reason, message }: Pick<RunResult, 'verdict' | 'reason' | 'message'>): RunEnd {
  if (reason === 'CANCELLED') return CANCELLED;
  return { letter: LETTERS[verdict], problem: verdict === 'succeeded' ? null : { code: reason, message } };
}

/** What a failure says of its partition: cancelled by whomever, or failed. */
export function endOfFailure(error: unknown): RunEnd {
  const root = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (root instanceof CancelledFailure || isCancellation(error)) return CANCELLED;
  return { letter: 'f', problem: summarizeFailure(error) };
}
