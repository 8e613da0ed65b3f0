import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, TimeoutFailure } from '@temporalio/workflow';
import type { z } from 'zod';
import { ERROR_TABLE, isMillraceError, parseWith, type ErrorCode } from '../schemas/index.js';

/** What went wrong, for records and people. */
export interface FailureSummary {
  /** Code of the error table. */
  code: string;
  message: string;
}

/**
 * Parses what came from outside. A problem fails the execution at once, with every problem by path; an ordinary error
 * would fail the workflow task, and be tried for ever.
 */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  try {
    return parseWith(schema, value, what);
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    throw failure(error.code, error.message, { problems: error.problems, remedy: error.remedy });
  }
}

/** A failure of the execution under a stable code. */
export function failure(code: string, message: string, details?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type: code,
    message,
    nonRetryable: true,
    details: details === undefined ? [] : [details],
  });
}

/** Code and message of the innermost cause of a failed activity or child workflow. */
export function summarizeFailure(error: unknown): FailureSummary {
  const root = rootOf(error);
  if (root instanceof ApplicationFailure) return { code: root.type ?? 'INTERNAL', message: root.message };
  if (root instanceof TimeoutFailure) {
    const code = root.timeoutType === 'HEARTBEAT' ? 'WORKER_LOST' : 'STEP_TIMEOUT';
    return { code, message: `${root.message} (${root.timeoutType ?? 'timeout'})` };
  }
  return { code: 'INTERNAL', message: root instanceof Error ? root.message : String(root) };
}

/**
 * A failure that can be thrown out of the workflow, with code and details of its cause.
 * @param also what its details are to hold besides
 */
export function asFailure(error: unknown, also: Record<string, unknown> = {}): ApplicationFailure {
  const { code, message } = summarizeFailure(error);
  const root = rootOf(error);
  const details: unknown = root instanceof ApplicationFailure ? root.details?.[0] : undefined;
  return failure(code, message, { ...(typeof details === 'object' ? details : {}), ...also });
}

/** Paths of the problems that a failed activity or child workflow names. */
export function problemPaths(error: unknown): string[] {
  const root = rootOf(error);
  const details = root instanceof ApplicationFailure ? root.details?.[0] : undefined;
  const { problems = [] } = (details ?? {}) as { problems?: { path: string }[] };
  return problems.map(({ path }) => path);
}

/** Category of the error table, or undefined for codes that are not in it. */
export function categoryOf(code: string): { category: string; retryable: boolean } | undefined {
  return code in ERROR_TABLE ? ERROR_TABLE[code as ErrorCode] : undefined;
}

function rootOf(error: unknown): unknown {
  let root = error;
  while ((root instanceof ActivityFailure || root instanceof ChildWorkflowFailure) && root.cause !== undefined) {
    root = root.cause;
  }
  return root;
}
