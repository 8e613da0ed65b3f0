import { ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { AUDITOR_WORKFLOW_ID, taskQueue } from '../schemas/index.js';

const MINUTE_MS = 60_000;

/**
 * Makes sure that the auditor’s schedule is there and has this interval; whether it is paused stays as it is. A worker starts
 * without it when Temporal refuses: the next one that starts tries again.
 * @param everyMinutes null: there is to be none
 */
export async function scheduleAuditor(
  everyMinutes: number | null,
  temporal: Client,
  logger: Pick<Logger, 'warn'>,
): Promise<void> {
  const handle = temporal.schedule.getHandle(AUDITOR_WORKFLOW_ID);
  try {
    const there = await handle.describe().catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ScheduleNotFoundError') return undefined;
      throw error;
    });
    if (everyMinutes === null) {
      if (there !== undefined) await handle.delete();
      return;
    }
    const every = everyMinutes * MINUTE_MS;
    if (there === undefined) await create(temporal, every);
    else if (there.spec.intervals?.[0]?.every !== every) {
      await handle.update(({ action, policies, state }) => ({
        ...{ spec: { intervals: [{ every }] }, action, policies, state },
      }));
    }
  } catch (error) {
    // Another worker that started at the same moment has made it.
    if (error instanceof Error && error.name === 'ScheduleAlreadyRunning') return;
    logger.warn({ err: error }, 'the schedule of the auditor could not be made');
  }
}

async function create(temporal: Client, every: number): Promise<void> {
  await temporal.schedule.create({
    scheduleId: AUDITOR_WORKFLOW_ID,
    spec: { intervals: [{ every }] },
    action: {
      ...{ type: 'startWorkflow', workflowType: 'auditor', workflowId: AUDITOR_WORKFLOW_ID },
      ...{ taskQueue: taskQueue('orchestration'), args: [{ requestedBy: 'schedule' }] },
    },
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: every },
  });
}
