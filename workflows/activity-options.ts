import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { taskQueue, TIME_LIMIT_GRACE_MS, type Step, type WorkerRole } from '../schemas/index.js';

/** Infrastructure errors and lost workers: Temporal’s own retries. The other budgets are in retry-budgets.ts. */
const INFRASTRUCTURE_RETRY = {
  initialInterval: '1 second',
  backoffCoefficient: 2,
  maximumInterval: '1 minute',
  maximumAttempts: 10,
} as const;

/** A worker that was killed is noticed after this long. Activities beat every two seconds. */
const HEARTBEAT_TIMEOUT = '20 seconds';

/** Light, idempotent calls in the worker of the workflow itself. */
export const QUICK: LocalActivityOptions = {
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '100 milliseconds', maximumInterval: '2 seconds', maximumAttempts: 6 },
};

/** A look-up that fails costs no more than computing: it gives up soon. */
export const QUICK_LOOK: LocalActivityOptions = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', maximumAttempts: 2 },
};

/** A local commit gives up soon: then the queue `lineage` takes over. */
export const QUICK_COMMIT: LocalActivityOptions = {
  startToCloseTimeout: '10 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '1 second', maximumAttempts: 3 },
};

/** A commit on the queue of the lineage owner waits for it as long as it takes. */
export const DURABLE_COMMIT: ActivityOptions = {
  taskQueue: taskQueue('lineage'),
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
};

/**
 * A look that is taken again and again until it finds something: no attempt is too many, and between two of them no
 * worker holds a slot. See `activities/wait-by-retry.ts`.
 */
export const LOOK_AGAIN = (every: '1 second' | '2 seconds' | '5 seconds', summary: string): ActivityOptions => ({
  taskQueue: taskQueue('orchestration'),
  startToCloseTimeout: '1 minute',
  retry: { initialInterval: every, backoffCoefficient: 1 },
  summary: `waits for ${summary}`.slice(0, 200),
});

type Category = 'io' | 'train' | 'rollout';

const DEFAULT_SECONDS: Record<Category, number> = { io: 1_800, train: 7_200, rollout: 900 };

/**
 * Options of real work on the queue of a role.
 * @param step its tag chooses the part of the role, its timeoutSeconds replaces the category’s limit
 * @param summary shown beside the activity in the Temporal UI
 */
export function workOptions(
  category: Category,
  role: WorkerRole,
  step: Pick<Step, 'tag' | 'timeoutSeconds'>,
  summary: string,
): ActivityOptions {
  return {
    taskQueue: taskQueue(role, step.tag),
    // The activity ends itself at its limit; Temporal’s own is for a worker that cannot even do that.
    startToCloseTimeout: (step.timeoutSeconds ?? DEFAULT_SECONDS[category]) * 1_000 + TIME_LIMIT_GRACE_MS,
    heartbeatTimeout: HEARTBEAT_TIMEOUT,
    retry: INFRASTRUCTURE_RETRY,
    summary: summary.slice(0, 200),
  };
}
