import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createProjectActivities } from '../../activities/index.js';
import { commandStepSchema } from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { parseInput } from '../failures.js';
import type { Run } from '../run.js';
import { throughCache } from './cached-step.js';
import { inPool } from './in-pool.js';
import { recordedStep } from './recorded-step.js';
import { restoredValue, valueOutcome } from './value-outcome.js';

type ProjectActivities = ReturnType<typeof createProjectActivities>;

/** Runs a program; gives what it wrote last. */
export async function command(
  run: Run,
  name: string,
  fields: Omit<z.input<typeof commandStepSchema>, 'type'>,
): Promise<unknown> {
  const step = parseInput(commandStepSchema, { ...fields, type: 'command' }, `step ${name}`);
  return recordedStep(run, name, 'command', (state) =>
    throughCache(run, state, { step, restore: restoredValue }, async () => {
      const { runProjectCommand } = proxyActivities<ProjectActivities>(
        workOptions('io', step.role, step, step.command.join(' ')),
      );
      const { pipeline, window, runId } = run;
      const value = await inPool(run, name, step, () => runProjectCommand({ step, name, pipeline, window, runId }));
      return valueOutcome(value);
    }),
  );
}
