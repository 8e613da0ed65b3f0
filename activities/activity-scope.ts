import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { ERROR_TABLE, isMillraceError, MillraceError, TIME_LIMIT_GRACE_MS } from '../schemas/index.js';

/** What an activity works with besides its input. */
export interface ActivityScope {
  /** Aborted when the activity is cancelled, has timed out, or its worker shuts down. */
  signal: AbortSignal;
  /** Text for the heartbeat: shown as the activity’s heartbeat details in the Temporal UI. */
  progress(message: string): void;
  /** What a later attempt needs to go on, instead of starting again; small, and checked when it is read. */
  checkpoint(value: unknown): void;
}

const BEAT_MS = 2_000;

/**
 * Runs an activity’s work: heartbeats every two seconds with the newest progress, and turns errors into failures
 * that say whether to try again.
 */
export async function activityScope<T>(work: (scope: ActivityScope) => Promise<T>): Promise<T> {
  const details: { progress: string; checkpoint?: unknown } = { progress: 'started' };
  const beat = setInterval(() => heartbeat(details), BEAT_MS);
  const cancelled = cancellationSignal();
  const limitMs = activityInfo().startToCloseTimeoutMs - TIME_LIMIT_GRACE_MS;
  const overtime = new AbortController();
  const timer = setTimeout(() => overtime.abort(), limitMs);
  const signal = AbortSignal.any([cancelled, overtime.signal]);
  try {
    return await work({
      signal,
      progress: (message) => (details.progress = message),
      checkpoint: (value) => {
        details.checkpoint = value;
        heartbeat(details);
      },
    });
  } catch (error) {
    if (cancelled.aborted) throw new CancelledFailure('cancelled');
    throw toFailure(
      overtime.signal.aborted ? new MillraceError('STEP_TIMEOUT', `not done after ${limitMs / 1000} s`) : error,
    );
  } finally {
    clearTimeout(timer);
    clearInterval(beat);
  }
}

/** What the attempt before left by `checkpoint`; undefined on a first attempt. */
export function lastCheckpoint(): unknown {
  const details = activityInfo().heartbeatDetails as { checkpoint?: unknown } | undefined;
  return details?.checkpoint;
}

/** As activityScope, for work of less than a second in a local activity: errors are mapped, nothing beats. */
export async function quickScope<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toFailure(error);
  }
}

/**
 * Gives work a folder that no other attempt uses, and removes it afterwards. What an attempt leaves behind when its
 * worker is killed is removed when a worker starts.
 */
export async function withScratch<T>(dataDir: string, work: (scratchDir: string) => Promise<T>): Promise<T> {
  const { workflowExecution, activityId, attempt } = activityInfo();
  const name = `${workflowExecution?.runId ?? 'standalone'}-${activityId}-${attempt}-${process.pid}`;
  const scratchDir = join(dataDir, 'scratch', name);
  await mkdir(scratchDir, { recursive: true });
  try {
    return await work(scratchDir);
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

/**
 * A Temporal failure whose type is the stable code. Only infrastructure errors are left to Temporal’s own retries;
 * the other budgets are kept by the workflow, which is why they are non-retryable here (see workflows/retry-budgets.ts).
 */
function toFailure(error: unknown): Error {
  if (error instanceof ApplicationFailure || error instanceof CancelledFailure) return error;
  const known = isMillraceError(error) ? error : unforeseen(error);
  const { category, retryable } = ERROR_TABLE[known.code];
  return ApplicationFailure.create({
    type: known.code,
    message: known.message,
    nonRetryable: !(retryable && category === 'infrastructure'),
    details: [{ problems: known.problems, remedy: known.remedy }],
    cause: known,
  });
}

function unforeseen(error: unknown): MillraceError {
  return new MillraceError('INTERNAL', error instanceof Error ? error.message : String(error), { cause: error });
}
