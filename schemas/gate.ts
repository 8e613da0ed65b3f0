import { z } from 'zod';
import { actorField, identifierField, nameField } from './fields.js';

/** What can be decided on a step that waits. */
export const gateVerbField = z
  .enum(['release', 'reject', 'recheck', 'approve', 'retryStep', 'skipStep', 'abort'])
  .describe(
    'release: a failed check goes on as if it had passed; recheck: its data are made anew and judged again; approve: a step `approve` succeeds; reject: either ends as refused. Of a step that failed and waits: retryStep does it again, skipStep goes on without what it would have made, abort lets the run fail.',
  );

const approvalValue = z.union([z.string(), z.number(), z.boolean()]);

/** A value that an approval has to give. */
export const approvalFieldSchema = z.strictObject({
  type: z.enum(['string', 'number', 'boolean']).describe('Type of the value.'),
  required: z.boolean().default(true).describe('Whether an approval without it is refused.'),
  description: z.string().max(200).optional().describe('What it is.'),
});

/** Takes of the updates of a run that decide on a step: their names are those of `gateVerbField`. */
export const gateDecisionSchema = z.strictObject({
  step: nameField.optional().describe('Step that waits; may be left out where only one does.'),
  by: actorField.describe('Who decides.'),
  reason: z.string().min(3).max(500).describe('Why; it is on record.'),
  values: z.record(identifierField, approvalValue).default({}).describe('Values of the fields that the step asks for.'),
});

export type GateVerb = z.infer<typeof gateVerbField>;
export type ApprovalField = z.infer<typeof approvalFieldSchema>;
export type GateDecisionInput = z.input<typeof gateDecisionSchema>;

/** A decision that was made. */
export interface GateDecision extends Omit<z.output<typeof gateDecisionSchema>, 'step'> {
  verb: GateVerb;
}

/** What a step that waits understands. */
export interface GateOffer {
  verbs: readonly GateVerb[];
  /** Who may decide; anybody by default. */
  allowed?: readonly string[] | undefined;
  /** Values that an approval gives. */
  fields?: Record<string, ApprovalField>;
}
