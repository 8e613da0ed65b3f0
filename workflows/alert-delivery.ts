import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities, sleep } from '@temporalio/workflow';
import type { createAlertActivities } from '../activities/index.js';
import { ALERTS_WORKFLOW_ID, alertTaskSchema, taskQueue, type AlertDelivery } from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { commitEnd } from './commit-records.js';
import { parseInput, summarizeFailure } from './failures.js';
import { now } from './now.js';

/**
 * Tells one channel of one alert, after quiet hours and what has to be told before, as often as the channel says until the other
 * side takes it. What became of it is on record and is the result; that nobody could be told is no failure of the workflow.
 */
export async function alertDelivery(input: unknown): Promise<AlertDelivery> {
  const task = parseInput(alertTaskSchema, input, 'input of alertDelivery');
  const { id, channel, alert, holdUntil, attempts, after } = task;
  if (holdUntil !== null) await sleep(Math.max(1, holdUntil - Date.now()));
  if (after !== null) {
    const look = LOOK_AGAIN('1 second', 'what was to be told before');
    const { awaitDelivery } = proxyActivities<ReturnType<typeof createAlertActivities>>(look);
    await awaitDelivery({ workflowId: `${ALERTS_WORKFLOW_ID}/${after}` });
  }
  const { tellAlert } = proxyActivities<ReturnType<typeof createAlertActivities>>({
    taskQueue: taskQueue('orchestration'),
    startToCloseTimeout: '30 seconds',
    // The activity itself says how long to wait.
    retry: { initialInterval: '1 second', maximumAttempts: attempts },
    summary: `${channel}: ${alert.title}`.slice(0, 200),
  });
  const delivery: AlertDelivery = await tellAlert({ id, channel, alert }).then(
    (told) => ({ alert, channel, outcome: 'delivered' as const, ...told }),
    (error: unknown) => {
      if (isCancellation(error)) throw error;
      const { code, message } = summarizeFailure(error);
      const text = code === 'ALERT_NOT_TOLD' ? message : `${code}: ${message}`;
      return { alert, channel, outcome: 'failed' as const, attempts: attemptsOf(error), message: text.slice(0, 1000) };
    },
  );
  await commitEnd([{ kind: 'alert_delivered', key: `alert/${id}`, at: now(), delivery }]);
  return delivery;
}

function attemptsOf(error: unknown): number {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const details = cause instanceof ApplicationFailure ? (cause.details?.[0] as { attempts?: number } | undefined) : {};
  return details?.attempts ?? 1;
}
