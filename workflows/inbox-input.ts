import { z } from 'zod';
import { instantField, nameField, triggerEventSchema, triggeredRunSchema, triggerSchema } from '../schemas/index.js';

const common = triggerSchema.options[0].shape;

/** A run that a waiting event asks for. */
const targetSchema = z.strictObject({
  partition: z.string(),
  params: triggerEventSchema.shape.params,
  /** What must be there before; empty where nothing must. */
  lacking: z.array(z.string()),
  debounceMs: z.number(),
  maxWaitMs: z.number(),
  whileRunning: common.whileRunning,
});

/** An event that has not ended. */
const waitingTriggerSchema = z.strictObject({
  event: triggerEventSchema,
  trigger: z.string(),
  receivedAt: instantField,
  /** Runs that it still asks for. */
  targets: z.array(targetSchema),
  /** What came of those that it asked for already. */
  ended: z.array(
    z.strictObject({ run: triggeredRunSchema.nullable(), started: z.boolean(), reason: z.string().nullable() }),
  ),
  /** Why it was ignored as a whole; null: it was not. */
  ignored: z.string().nullable(),
});

/** Input of the workflow `inbox`: the pipeline, and what the execution before left. */
export const inboxInputSchema = z.strictObject({
  pipeline: nameField,
  cursor: z.number().nullable().default(null),
  arrived: z.array(triggerEventSchema).default([]),
  waiting: z.array(waitingTriggerSchema).default([]),
  counts: z
    .strictObject({ started: z.number(), merged: z.number(), ignored: z.number() })
    .default({ started: 0, merged: 0, ignored: 0 }),
});

export type InboxInput = z.output<typeof inboxInputSchema>;
export type WaitingTrigger = InboxInput['waiting'][number];
export type WaitingTarget = WaitingTrigger['targets'][number];
