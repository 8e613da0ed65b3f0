import { z } from 'zod';
import { repairBackfillSchema } from './backfill.js';
import { actorField, nameField, responsibilitySchema } from './fields.js';
import { MillraceError } from './errors.js';
import { modelVersionRefSchema } from './model.js';

const DATASET_VERSION = /^dataset:([^/]+)\/(.+)@([0-9a-f]{32})$/s;

/**
 * The version that a recall is of, taken apart.
 * @param asked the words in which it was asked for
 * @param node what they stand for on record
 * @throws MillraceError INPUT_INVALID for a model, an endpoint or anything else: what it was made from is recalled
 */
export function recalledVersion(asked: string, node: string): Record<'dataset' | 'partition' | 'version', string> {
  const [, dataset, partition, version] = DATASET_VERSION.exec(node) ?? [];
  if (dataset && partition && version) return { dataset, partition, version };
  const message = `${asked} is ${node}, which is no dataset version`;
  throw new MillraceError('INPUT_INVALID', message, { problems: [{ path: 'version', message }] });
}

/** Input of the workflow `recall`: one object, as the Temporal UI sends it. */
export const recallInputSchema = z.strictObject({
  version: z
    .string()
    .min(1)
    .describe(
      'The bad version: `dataset:NAME/PARTITION@VERSION`; without the version the published one of the partition.',
    ),
  reason: z
    .string()
    .min(3)
    .max(400)
    .describe('What is wrong with it; it is on record with everything that is tainted.'),
  rollBack: z
    .enum(['ask', 'now', 'never'])
    .default('ask')
    .describe(
      'What is done about endpoints that serve a model made from it. ask: wait for the update `approve` or `reject`; now: go back at once; never: leave them, only nothing new is promoted.',
    ),
  waitSeconds: z
    .int()
    .positive()
    .optional()
    .describe('Longest wait for a decision, in seconds; then it is as if rejected. Without it, as long as it takes.'),
  requestedBy: actorField.default('unknown').describe('Who asked.'),
});

/** An endpoint that serves a model made from the version. */
export const recalledEndpointSchema = z.strictObject({
  endpoint: nameField.describe('Endpoint.'),
  arm: z.enum(['stable', 'canary']).describe('Role of the model in it.'),
  from: modelVersionRefSchema.describe('The tainted version.'),
  to: modelVersionRefSchema
    .nullable()
    .describe(
      'Newest version that was stable before and is not tainted; null: there is none. Of a canary: the stable version.',
    ),
});

/** What a recall is about, and what has to be done. The whole of it is in the object store. */
export const recallPlanSchema = z.strictObject({
  root: z.string().describe('Id of the version: `dataset:NAME/PARTITION@VERSION`.'),
  uri: z.string().describe('Everything that is tainted, and the repair, as JSON in the object store.'),
  datasets: z.int().positive().describe('Dataset versions that are tainted, the recalled one included.'),
  models: z
    .array(z.strictObject({ model: nameField, version: z.int().positive(), aliases: z.array(z.string()) }))
    .describe('Registered models that are tainted; the first hundred.'),
  endpoints: z.array(recalledEndpointSchema).describe('Endpoints that serve one of them.'),
  repair: z
    .array(repairBackfillSchema)
    .describe('Inputs of `backfill` that make everything anew, in this order; the first hundred.'),
  unknown: z
    .array(z.string())
    .describe(
      'Runs whose pipeline is not in the configuration any more, so that no backfill can repeat them; the first hundred.',
    ),
});

/** What was done about an endpoint. */
export const recallOutcomeSchema = z.strictObject({
  endpoint: nameField.describe('Endpoint.'),
  outcome: z
    .enum(['reverted', 'aborted', 'left', 'failed'])
    .describe(
      'reverted: all traffic went back; aborted: the rollout of the tainted canary was; left: nobody wanted it, or there is nothing to go back to; failed: it could not be done.',
    ),
  message: z.string().describe('The particulars.'),
});

/** Result of the query `progress` of `recall`. */
export const recallProgressSchema = z.strictObject({
  version: z.string().describe('The version.'),
  phase: z
    .enum(['assessing', 'tainting', 'waiting', 'rolling_back', 'ended'])
    .describe('waiting: for the update `approve` or `reject`.'),
  plan: recallPlanSchema.nullable().describe('What it is about; null while that is found out.'),
  decision: responsibilitySchema
    .extend({ approved: z.boolean() })
    .nullable()
    .describe('Who decided on rolling back, and why; null: nobody yet.'),
  outcomes: z.array(recallOutcomeSchema).describe('What was done about endpoints so far.'),
});

/** Result of the workflow `recall`. */
export const recallResultSchema = recallProgressSchema.omit({ phase: true }).extend({
  verdict: z
    .enum(['nothing_live', 'rolled_back', 'held', 'incomplete'])
    .describe(
      'nothing_live: no endpoint served it; rolled_back: none does any more; held: endpoints were left as they are, by decision; incomplete: some could not be rolled back.',
    ),
  message: z.string().describe('The same in words.'),
  durationMs: z.number().nonnegative().describe('Time from start to end.'),
});

export type RecallInput = z.infer<typeof recallInputSchema>;
export type RecallRequest = z.input<typeof recallInputSchema>;
export type RecallPlan = z.infer<typeof recallPlanSchema>;
export type RecallOutcome = z.infer<typeof recallOutcomeSchema>;
export type RecallProgress = z.infer<typeof recallProgressSchema>;
export type RecallResult = z.infer<typeof recallResultSchema>;
