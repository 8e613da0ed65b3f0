import { z } from 'zod';
import { actorField, nameField } from './fields.js';

/** What can be decided on a step that waits. */
export const gateVerbField = z
  .enum(['release', 'reject', 'recheck'])
  .describe('release: go on as if it had passed; reject: end as refused; recheck: make the data anew and judge again.');

/** Takes of the updates `release`, `reject` and `recheck` of a run. */
export const gateDecisionSchema = z.strictObject({
  step: nameField.optional().describe('Step that waits; may be left out where only one does.'),
  by: actorField.describe('Who decides.'),
  reason: z.string().min(3).max(500).describe('Why; it is on record.'),
});

export type GateVerb = z.infer<typeof gateVerbField>;
export type GateDecisionInput = z.infer<typeof gateDecisionSchema>;

/** A decision that was made. */
export interface GateDecision {
  verb: GateVerb;
  by: string;
  reason: string;
}
