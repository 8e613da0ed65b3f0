import {
  ChildWorkflowCancellationType,
  continueAsNew,
  defineSignal,
  ParentClosePolicy,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { z } from 'zod';
import type { createAlertActivities } from '../activities/index.js';
import { ALERTS_WORKFLOW_ID, taskQueue, type AlertEvent, type AlertTask } from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import type { alertDelivery } from './alert-delivery.js';
import { commitEnd } from './commit-records.js';
import { failure, parseInput } from './failures.js';
import { now } from './now.js';

const { findAlerts } = proxyActivities<ReturnType<typeof createAlertActivities>>(
  LOOK_AGAIN('2 seconds', 'something to tell'),
);

/** Sent by workers when they start, so that the workflow is there. */
export const wakeAlertsSignal = defineSignal('wake');

/** What ends a trouble, and what begins it again. */
const OPPOSITES: Partial<Record<AlertEvent, AlertEvent>> = {
  run_recovered: 'run_failed',
  run_failed: 'run_recovered',
};

/** Deliveries further apart than this, quiet hours and all attempts included, keep their order by themselves. */
const ORDERED_MS = 2 * 86_400_000;

const inputSchema = z.strictObject({
  cursor: z.number().nullable().default(null),
  /** When a channel was told of a trouble last, in milliseconds since 1970, and when it may be again. */
  told: z.record(z.string(), z.number()).default({}),
  /** What a channel was told last of a trouble that ends and begins again, and when that is forgotten. */
  last: z.record(z.string(), z.strictObject({ id: z.string(), until: z.number() })).default({}),
  delivered: z.number().default(0),
});

/**
 * Reads what is put on record, for as long as the configuration has a channel, and has each channel told of what it is to know.
 * One for a namespace, under the id `alerts`; every delivery is a workflow of its own.
 */
export async function alerts(input: unknown = {}): Promise<void> {
  let { cursor, delivered, told, last } = parseInput(inputSchema, input ?? {}, 'input of alerts');
  if (workflowInfo().workflowId !== ALERTS_WORKFLOW_ID) {
    throw failure('INPUT_INVALID', `alerts has the workflow id ${ALERTS_WORKFLOW_ID}`);
  }
  let woken = true;
  setHandler(wakeAlertsSignal, () => void (woken = true), { description: 'Looks at the configuration again.' });
  while (woken) {
    woken = false;
    for (;;) {
      const found = await findAlerts({ cursor });
      if (!found.watching) break;
      const at = Date.now();
      told = Object.fromEntries(Object.entries(told).filter(([, until]) => until > at));
      last = Object.fromEntries(Object.entries(last).filter(([, { until }]) => until > at));
      for (const task of found.tasks) {
        const trouble = `${task.channel} ${task.alert.event} ${task.alert.key}`;
        if ((told[trouble] ?? 0) > at) {
          await leaveOut(task);
          continue;
        }
        told[trouble] = at + task.repeatMs;
        // What has recovered and fails again is news, and so is that it has recovered again.
        const opposite = OPPOSITES[task.alert.event];
        if (opposite !== undefined) delete told[`${task.channel} ${opposite} ${task.alert.key}`];
        const before = `${task.channel} ${task.alert.key}`;
        await startDelivery({ ...task, after: opposite === undefined ? null : (last[before]?.id ?? null) });
        if (opposite !== undefined) last[before] = { id: task.id, until: at + ORDERED_MS };
        delivered += 1;
      }
      cursor = found.cursor;
      setCurrentDetails(`${delivered} deliveries begun; read up to record ${cursor}`);
      if (workflowInfo().continueAsNewSuggested) return continueAsNew<typeof alerts>({ cursor, told, last, delivered });
    }
  }
}

async function startDelivery(task: AlertTask): Promise<void> {
  try {
    await startChild<typeof alertDelivery>('alertDelivery', {
      workflowId: `${ALERTS_WORKFLOW_ID}/${task.id}`,
      taskQueue: taskQueue('orchestration'),
      args: [task],
      staticSummary: task.alert.title.slice(0, 200),
      parentClosePolicy: ParentClosePolicy.ABANDON,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
  } catch (error) {
    // Begun already, before this workflow was started anew.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

async function leaveOut({ id, channel, alert, repeatMs }: AlertTask): Promise<void> {
  const message = `the same trouble was told within ${repeatMs / 1000} s`;
  const delivery = { alert, channel, outcome: 'left_out' as const, attempts: 0, message };
  await commitEnd([{ kind: 'alert_delivered', key: `alert/${id}`, at: now(), delivery }]);
}
