import { z } from 'zod';
import { instantField, nameField } from './fields.js';

/** How the firings of a schedule take turns, where Temporal has no such policy. */
export const lineRulesSchema = z.strictObject({
  order: z
    .enum(['all', 'newest'])
    .describe('all: each has its turn, in the order of their times; newest: of those that wait, only the newest has.'),
  maxActive: z.int().positive().describe('How many may be at work at once.'),
  stopOnFailure: z
    .boolean()
    .describe('Whether the schedule is paused when one fails; those that wait do so until it is resumed.'),
});

/** A firing that is at work, or waits for its turn. */
export const lineMemberSchema = z.strictObject({
  ticket: z.string().min(1).max(1200).describe('What tells it from others.'),
  workflowId: z.string().describe('Workflow of the firing.'),
  runId: z.string().describe('Its run id.'),
  nominalTime: instantField.describe('Time at which it was to fire.'),
});

/** Takes of the signal `join` of a line. */
export const lineJoinSchema = lineMemberSchema.extend({ rules: lineRulesSchema });

/** Takes of the signal `leave` of a line. */
export const lineLeaveSchema = z.strictObject({
  ticket: lineMemberSchema.shape.ticket,
  failed: z.string().nullable().describe('What it failed with; null: it did not.'),
});

/** Takes of the signal `turn`, which a line sends to a firing. */
export const lineTurnSchema = z.strictObject({
  supersededBy: instantField
    .nullable()
    .describe('Nominal time of a newer firing that takes its place; null: it is its turn.'),
});

/** Result of the query `line`. */
export const lineStatusSchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  active: z.array(lineMemberSchema).describe('Firings that are at work.'),
  waiting: z.array(lineMemberSchema).describe('Firings that wait, in the order of their turns.'),
});

/** Input of the workflow `line`: the pipeline, and what the execution before left. */
export const lineInputSchema = lineStatusSchema
  .extend({ rules: lineRulesSchema })
  .partial()
  .required({ pipeline: true });

/** The id of the one line of a pipeline. */
export function lineWorkflowId(pipeline: string): string {
  return `line/${pipeline}`;
}

export type LineRules = z.infer<typeof lineRulesSchema>;
export type LineMember = z.infer<typeof lineMemberSchema>;
export type LineJoin = z.infer<typeof lineJoinSchema>;
export type LineLeave = z.infer<typeof lineLeaveSchema>;
export type LineTurn = z.infer<typeof lineTurnSchema>;
export type LineStatus = z.infer<typeof lineStatusSchema>;
