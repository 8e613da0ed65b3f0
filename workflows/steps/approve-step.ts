import type { z } from 'zod';
import { approveStepSchema, type GateDecision } from '../../schemas/index.js';
import { parseInput } from '../failures.js';
import { awaitDecision } from '../gate-decisions.js';
import { setStepState, type Run } from '../run.js';
import { recordedStep } from './recorded-step.js';

/**
 * Waits until somebody approves or rejects, by the updates `approve` and `reject`. A rejection is a value: the step is
 * refused, and what needs it is skipped.
 * @returns the decision; null when nobody decided in time
 */
export async function approve(
  run: Run,
  name: string,
  fields: Omit<z.input<typeof approveStepSchema>, 'type'>,
): Promise<GateDecision | null> {
  const step = parseInput(approveStepSchema, { ...fields, type: 'approve' }, `step ${name}`);
  return recordedStep(run, name, 'approve', async (state) => {
    setStepState(run, { ...state, status: 'waiting', summary: `waits for approve or reject: ${step.message}` });
    const offer = { verbs: ['approve', 'reject'], allowed: step.allowed, fields: step.fields } as const;
    const decision = await awaitDecision(run, name, offer, step.waitSeconds);
    const approved = (decision?.verb ?? step.onTimeout) === 'approve';
    const how =
      decision === null
        ? `nobody decided within ${step.waitSeconds} s, which means ${step.onTimeout}`
        : `${approved ? 'approved' : 'rejected'} by ${decision.by}: ${decision.reason}`;
    return {
      value: decision,
      status: approved ? 'succeeded' : 'refused',
      code: approved ? 'APPROVED' : 'NOT_APPROVED',
      summary: `${step.message}: ${how}`,
      output: { value: { approved, by: decision?.by ?? null, reason: how, values: decision?.values ?? {} } },
    };
  });
}
