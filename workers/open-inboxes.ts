import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { inboxWorkflowId, taskQueue, type MillraceConfig } from '../schemas/index.js';

/**
 * Makes sure that each pipeline which watches datasets or files has its inbox, and that it looks at what this worker’s
 * configuration says. Other inboxes are opened by the first event.
 */
export async function openInboxes(
  { pipelines }: Pick<MillraceConfig, 'pipelines'>,
  temporal: Client,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  for (const { name, triggers } of pipelines) {
    if (!triggers.some(({ on }) => on === 'dataset' || on === 'file')) continue;
    try {
      await temporal.workflow.signalWithStart('inbox', {
        workflowId: inboxWorkflowId(name),
        taskQueue: taskQueue('orchestration'),
        args: [{ pipeline: name }],
        signal: 'wake',
        staticSummary: `inbox of ${name}`,
      });
    } catch (error) {
      logger.warn({ err: error }, `the inbox of ${name} could not be opened`);
    }
  }
}
