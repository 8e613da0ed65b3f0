import { lineWorkflowId, scheduleId, taskQueue, type LineJoin } from '../schemas/index.js';
import type { ActivityDependencies } from './dependencies.js';
import { notYet, sometime } from './wait-by-retry.js';

/** What lines ask of Temporal, and firings of lines. */
export function createLineActivities({ temporal }: Pick<ActivityDependencies, 'temporal'>) {
  return {
    /** Asks for a turn, in a line that is started if it is not there. */
    async joinLine({ pipeline, join }: { pipeline: string; join: LineJoin }): Promise<void> {
      return sometime(async () => {
        await temporal.workflow.signalWithStart('line', {
          workflowId: lineWorkflowId(pipeline),
          taskQueue: taskQueue('orchestration'),
          args: [{ pipeline }],
          signal: 'join',
          signalArgs: [join],
          staticSummary: `firings of ${pipeline} that take turns`,
        });
      });
    },

    /** Pauses the schedule of a pipeline, if it has one. */
    async pauseSchedule({ pipeline, note }: { pipeline: string; note: string }): Promise<void> {
      return sometime(async () => {
        const handle = temporal.schedule.getHandle(scheduleId(pipeline));
        await orAbsent(handle.pause(`paused because a run failed: ${note}`.slice(0, 500)));
      });
    },

    /** Waits until the schedule of a pipeline is not paused; one that is gone is not. */
    async awaitResumed({ pipeline }: { pipeline: string }): Promise<void> {
      return sometime(async () => {
        const found = await orAbsent(temporal.schedule.getHandle(scheduleId(pipeline)).describe());
        if (found?.state.paused === true) throw notYet(`the schedule of ${pipeline} is paused`);
      });
    },
  };
}

async function orAbsent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Error && error.name === 'ScheduleNotFoundError') return undefined;
    throw error;
  }
}
