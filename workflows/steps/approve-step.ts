import type { z } from 'zod';
import type { createRunActivities } from '../../activities/index.js';
import { approveStepSchema, groupNamed, type ApprovalField, type GateDecision } from '../../schemas/index.js';
import { QUICK } from '../activity-options.js';
import { parseInput } from '../failures.js';
import { awaitDecision } from '../gate-decisions.js';
import { proxyLocal } from '../local-activities.js';
import { setStepState, type Run } from '../run.js';
import { recordedStep } from './recorded-step.js';

const local = proxyLocal<ReturnType<typeof createRunActivities>>(QUICK);

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
    const { allowed, fields } = step;
    const people = allowed?.some((one) => groupNamed(one)) ? await local.peopleOf({ allowed }) : allowed;
    const offer = { verbs: ['approve', 'reject'], allowed, people, fields } as const;
    const decision = await awaitDecision(run, name, offer, step.waitSeconds);
    const approved = (decision?.verb ?? step.onTimeout) === 'approve';
    const values = approved ? { ...defaultsOf(fields), ...decision?.values } : (decision?.values ?? {});
    const how =
      decision === null
        ? `nobody decided within ${step.waitSeconds} s, which means ${step.onTimeout}`
        : `${approved ? 'approved' : 'rejected'} by ${decision.by}: ${decision.reason}`;
    return {
      value: decision,
      status: approved ? 'succeeded' : 'refused',
      code: approved ? 'APPROVED' : 'NOT_APPROVED',
      summary: `${step.message}: ${how}`,
      output: { value: { approved, by: decision?.by ?? null, reason: how, values } },
    };
  });
}

function defaultsOf(fields: Record<string, ApprovalField>): Record<string, string | number | boolean> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, field]) => (field.default === undefined ? [] : [[name, field.default]])),
  );
}
