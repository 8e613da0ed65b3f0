import { workflowInfo } from '@temporalio/workflow';
import { ALERT_SEVERITIES, type Alert } from '../schemas/index.js';
import { commitEnd } from './commit-records.js';

/**
 * Puts on record that somebody should know something which no other record tells.
 * @param occurrence tells it from other alerts of this execution
 */
export async function raiseAlert(
  occurrence: string,
  alert: Pick<Alert, 'event' | 'key' | 'title' | 'message' | 'pipeline' | 'partition'>,
): Promise<void> {
  const { workflowId, runId } = workflowInfo();
  const { event, title, message } = alert;
  const texts = { title: title.slice(0, 300), message: message.slice(0, 2000) };
  await commitEnd([
    {
      kind: 'alert_raised',
      key: `${runId}/${event}/${occurrence}`,
      at: new Date().toISOString(),
      alert: { ...alert, ...texts, severity: ALERT_SEVERITIES[event], workflowId, runId },
    },
  ]);
}
