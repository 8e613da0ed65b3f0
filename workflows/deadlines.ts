import { defineSignal, proxyActivities, setHandler, workflowInfo } from '@temporalio/workflow';
import type { createDeadlineActivities } from '../activities/index.js';
import { DEADLINES_WORKFLOW_ID } from '../schemas/index.js';
import { LOOK_AGAIN } from './activity-options.js';
import { failure } from './failures.js';

const { watchDeadlines } = proxyActivities<ReturnType<typeof createDeadlineActivities>>(
  LOOK_AGAIN('5 seconds', 'deadlines, and datasets that are late'),
);

/** Sent by workers when they start, so that the workflow is there. */
const wakeSignal = defineSignal('wake');

/**
 * Looks at deadlines and at the age of datasets, for as long as the configuration has any; what somebody should know is put on
 * record as an alert. One for a namespace, under the id `deadlines`.
 */
export async function deadlines(): Promise<void> {
  if (workflowInfo().workflowId !== DEADLINES_WORKFLOW_ID) {
    throw failure('INPUT_INVALID', `deadlines has the workflow id ${DEADLINES_WORKFLOW_ID}`);
  }
  let woken = true;
  setHandler(wakeSignal, () => void (woken = true), { description: 'Looks at the configuration again.' });
  while (woken) {
    woken = false;
    await watchDeadlines();
  }
}
