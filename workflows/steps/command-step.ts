import { proxyActivities } from '@temporalio/workflow';
import type { z } from 'zod';
import type { createProjectActivities } from '../../activities/index.js';
import { commandStepSchema } from '../../schemas/index.js';
import { workOptions } from '../activity-options.js';
import { parseInput } from '../failures.js';
import { withBudgets } from '../retry-budgets.js';
import type { Run } from '../run.js';
import { recordedStep } from './recorded-step.js';

type ProjectActivities = ReturnType<typeof createProjectActivities>;

/** Runs a program; gives what it wrote last. */
export async function command(
  run: Run,
  name: string,
  fields: Omit<z.input<typeof commandStepSchema>, 'type'>,
): Promise<unknown> {
  const step = parseInput(commandStepSchema, { ...fields, type: 'command' }, `step ${name}`);
  return recordedStep(run, name, 'command', async () => {
    const { runProjectCommand } = proxyActivities<ProjectActivities>(
      workOptions('io', step.role, step, step.command.join(' ')),
    );
    const { pipeline, window, runId } = run;
    const value = await withBudgets(() => runProjectCommand({ step, name, pipeline, window, runId }));
    const kept = (value ?? null) as never;
    return { value, summary: JSON.stringify(kept).slice(0, 200), output: { value: kept } };
  });
}
