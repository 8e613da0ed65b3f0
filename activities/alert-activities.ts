import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { backoffMs, findChannel, quietUntil, sendAlert, tells } from '../engine/alerts/index.js';
import { createSecrets } from '../engine/secrets.js';
import { workflowLink, type Alert, type AlertChannel, type AlertTask } from '../schemas/index.js';
import { quickScope } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { pollExecution } from './poll-execution.js';
import { notYet, sometime } from './wait-by-retry.js';

/** What a look at the records found. */
export interface FoundAlerts {
  /** Whether the configuration has a channel. */
  watching: boolean;
  tasks: AlertTask[];
  cursor: number | null;
}

/** What alerts need of the world. */
export function createAlertActivities({
  config,
  lineage,
  temporal,
}: Pick<ActivityDependencies, 'config' | 'lineage' | 'temporal'>) {
  const secrets = createSecrets();
  const ui = config.temporalUi ?? process.env.MILLRACE_TEMPORAL_UI ?? null;
  return {
    /** Looks at what was put on record until there is something to tell. */
    async findAlerts({ cursor }: { cursor: number | null }): Promise<FoundAlerts> {
      return sometime(async () => {
        if (config.alerts.length === 0) return { watching: false, tasks: [], cursor };
        const { alerts, next } = await lineage.alerts.after(cursor);
        const tasks = alerts.flatMap(({ sequence, alert }) =>
          config.alerts.filter((channel) => tells(channel, alert)).map((channel) => taskOf(channel, sequence, alert)),
        );
        // Records that say nothing to anybody are looked at again by the next attempt, until there are many.
        if (tasks.length === 0 && cursor !== null && next - cursor < 1000) throw notYet('nothing to tell');
        return { watching: true, tasks, cursor: next };
      });
    },

    /** Waits until a delivery has ended, whatever became of it. */
    async awaitDelivery({ workflowId }: { workflowId: string }): Promise<void> {
      return sometime(async () => {
        const { status } = await pollExecution(temporal, workflowId, () => null);
        if (status === 'running') throw notYet(`${workflowId} is under way`);
      });
    },

    /** Tells a channel once; an attempt that failed says when the next one is to be. @returns what the other side said */
    async tellAlert({ id, channel, alert }: Pick<AlertTask, 'id' | 'channel' | 'alert'>) {
      return quickScope(async () => {
        const { attempt, namespace } = activityInfo();
        const link = alert.workflowId === null ? null : workflowLink(ui, namespace, alert.workflowId);
        const sent = await sendAlert(findChannel(config.alerts, channel), { ...alert, link }, { id, secrets });
        if (sent.outcome === 'delivered') return { attempts: attempt, message: sent.message };
        const wait = sent.outcome === 'again' ? Math.max(sent.afterMs, backoffMs(attempt, Math.random())) : 0;
        throw ApplicationFailure.create({
          type: 'ALERT_NOT_TOLD',
          message: sent.message,
          nonRetryable: sent.outcome === 'refused',
          details: [{ attempts: attempt }],
          ...(sent.outcome === 'again' && { nextRetryDelay: wait }),
        });
      });
    },
  };
}

function taskOf(channel: AlertChannel, sequence: number, alert: Alert): AlertTask {
  const { name, repeatSeconds, attempts } = channel;
  const holdUntil = quietUntil(channel, alert, Date.now());
  return {
    id: `${name}-${sequence}`,
    channel: name,
    alert,
    holdUntil,
    repeatMs: repeatSeconds * 1000,
    attempts,
    after: null,
  };
}
