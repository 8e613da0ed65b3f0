import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import {
  ALERTS_WORKFLOW_ID,
  DEADLINES_WORKFLOW_ID,
  inboxWorkflowId,
  taskQueue,
  type MillraceConfig,
} from '../schemas/index.js';

/**
 * Makes sure that the workflows which watch for this worker’s configuration are there and look at it: the inbox of each
 * pipeline with datasets or files to watch, the alerts, and the deadlines. Other inboxes are opened by the first event.
 */
export async function openWatchers(
  { pipelines, alerts, freshness }: Pick<MillraceConfig, 'pipelines' | 'alerts' | 'freshness'>,
  temporal: Client,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const watching = pipelines.filter(({ triggers }) => triggers.some(({ on }) => on === 'dataset' || on === 'file'));
  for (const { name } of watching) await open('inbox', inboxWorkflowId(name), { pipeline: name });
  if (alerts.length > 0) await open('alerts', ALERTS_WORKFLOW_ID, {});
  const due = pipelines.some(({ deadline }) => deadline !== undefined) || Object.keys(freshness).length > 0;
  if (due) await open('deadlines', DEADLINES_WORKFLOW_ID, {});

  async function open(type: string, workflowId: string, input: object): Promise<void> {
    try {
      await temporal.workflow.signalWithStart(type, {
        workflowId,
        taskQueue: taskQueue('orchestration'),
        args: [input],
        signal: 'wake',
        staticSummary: workflowId,
      });
    } catch (error) {
      logger.warn({ err: error }, `the workflow ${workflowId} could not be started`);
    }
  }
}
