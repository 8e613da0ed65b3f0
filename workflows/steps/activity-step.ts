import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createProjectActivities } from '../../activities/index.js';
import { activityStepSchema } from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { parseInput } from '../failures.js';
import { inPool } from './in-pool.js';
import type { Run } from '../run.js';
import { throughCache } from './cached-step.js';
import { recordedStep } from './recorded-step.js';
import { restoredValue, valueOutcome } from './value-outcome.js';

type ProjectActivities = ReturnType<typeof createProjectActivities>;

/** Calls an activity of the project. */
export function activity(
  run: Run,
  name: string,
  fields: Omit<z.input<typeof activityStepSchema>, 'type'>,
): Promise<unknown> {
  const step = parseInput(activityStepSchema, { ...fields, type: 'activity' }, `step ${name}`);
  return recordedStep(run, name, 'activity', (state) =>
    throughCache(run, state, { step, restore: restoredValue }, async () => {
      const { callProjectActivity } = proxyActivities<ProjectActivities>(
        workOptions('io', step.role, step, step.activity),
      );
      const value = await inPool(run, name, step, () =>
        callProjectActivity({
          activity: step.activity,
          input: step.input,
          pipeline: run.pipeline,
          partition: run.window.key,
          runId: run.runId,
        }),
      );
      return valueOutcome(value);
    }),
  );
}
