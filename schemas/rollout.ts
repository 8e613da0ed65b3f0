import { z } from 'zod';
import { actorField, nameField, responsibilitySchema } from './fields.js';
import { modelVersionRefSchema } from './model.js';

/** How a rollout is judged after each step. */
export const analysisSpecSchema = z.strictObject({
  minimumSamples: z
    .int()
    .positive()
    .default(100)
    .describe('Requests that each arm must have answered in the step before it is judged.'),
  intervalSeconds: z.number().positive().default(1).describe('Time between two measurements, in seconds.'),
  maximumSeconds: z
    .number()
    .positive()
    .default(300)
    .describe('Longest wait for enough samples in a step, in seconds; then the analysis is Inconclusive.'),
  maximumErrorRateIncrease: z
    .number()
    .nonnegative()
    .default(0.01)
    .describe('Fails if the canary’s error rate is above the stable version’s by more than this, at the confidence.'),
  maximumLatencyRatio: z
    .number()
    .positive()
    .default(3)
    .describe('Fails if the canary’s latency quantile is more than this many times the stable version’s.'),
  latencyQuantile: z.number().gt(0).lt(1).default(0.95).describe('Quantile of the latency that is compared.'),
  latencyConfirmation: z
    .number()
    .min(1)
    .default(4)
    .describe(
      'A latency over the limit is a failure once the canary has answered so many times minimumSamples: a pause of a machine passes, a slow model stays slow.',
    ),
  latencyFloorMs: z.number().nonnegative().default(5).describe('Latencies up to this never fail, in milliseconds.'),
  confidence: z.number().gt(0.5).lt(1).default(0.95).describe('Confidence of the test of the error rates.'),
});

/** How traffic moves. */
export const rolloutSpecSchema = z.strictObject({
  steps: z
    .array(z.number().gt(0).max(100))
    .min(1)
    .refine(
      (steps) => steps.every((step, index) => index === 0 || step > (steps[index - 1] ?? 0)),
      'must grow from step to step',
    )
    .default([5, 25, 50, 100])
    .describe('Canary weights in percent, in order.'),
  analysis: analysisSpecSchema.prefault({}).describe('Judgement between the steps.'),
  onInconclusive: z
    .enum(['rollback', 'promote'])
    .default('rollback')
    .describe('What an inconclusive analysis leads to when nobody is there to decide.'),
});

/** Counts of one arm within one step, over all model servers. */
export const armMeasurementSchema = z.strictObject({
  requests: z.int().nonnegative().describe('Requests in the step.'),
  errors: z.int().nonnegative().describe('Failed requests in the step.'),
  latencyMs: z
    .number()
    .nonnegative()
    .nullable()
    .describe('Quantile of the latency, in milliseconds; null without requests.'),
});

/** Measurements of a step and the verdict on them. */
export const analysisSchema = z.strictObject({
  weight: z.number().describe('Canary weight of the step, in percent.'),
  verdict: z
    .enum(['Successful', 'Failed', 'Inconclusive', 'Error'])
    .describe('Outcome, in the words of Argo Rollouts.'),
  reason: z
    .enum(['within_limits', 'error_rate', 'latency', 'insufficient_samples', 'no_data', 'aborted', 'not_ready'])
    .describe('Why.'),
  message: z.string().describe('The same with its figures.'),
  stable: armMeasurementSchema.nullable().describe('The stable version; null at 100 %.'),
  canary: armMeasurementSchema.describe('The canary.'),
  durationMs: z.number().nonnegative().describe('Length of the step.'),
});

/** Input of the workflow `rollout`. */
export const rolloutInputSchema = z.strictObject({
  endpoint: nameField.describe('Endpoint whose traffic moves.'),
  candidate: modelVersionRefSchema.describe('Version that is to become stable.'),
  spec: rolloutSpecSchema.prefault({}).describe('Steps and judgement.'),
  force: responsibilitySchema
    .optional()
    .describe('Releases a version although it was recalled, for a reason that is on record.'),
  revert: z
    .strictObject({ reason: z.string().min(3).max(500).describe('Why.') })
    .optional()
    .describe('Moves all traffic at once, without canary and analysis: back to a version that served before.'),
  requestedBy: actorField.describe('Who asked.'),
  runId: z.string().min(1).describe('Run that asked, for the record.'),
});

/** Result of the workflow `rollout`. */
export const rolloutResultSchema = z.strictObject({
  endpoint: nameField.describe('Endpoint whose traffic moved.'),
  outcome: z
    .enum(['first_release', 'promoted', 'rolled_back', 'reverted', 'unchanged'])
    .describe(
      'What happened; reverted: all traffic went back to the candidate at once; unchanged: the candidate was stable already.',
    ),
  reason: z.string().describe('Why, with figures.'),
  stable: modelVersionRefSchema.nullable().describe('Version that has the traffic now.'),
  candidate: modelVersionRefSchema.describe('Version that was tried.'),
  analyses: z.array(analysisSchema).describe('One for each step that was entered.'),
  durationMs: z.number().nonnegative().describe('Time from start to end.'),
});

/** Result of the query `progress` of a rollout. */
export const rolloutProgressSchema = z.strictObject({
  endpoint: nameField.describe('Endpoint whose traffic moves.'),
  candidate: z.int().positive().describe('Number of the version that is tried.'),
  phase: z.string().describe('What the rollout is doing, in a few words.'),
  weight: z.number().describe('Canary weight in force, in percent.'),
  analyses: z.array(analysisSchema).describe('One for each step that was judged.'),
});

/** Input of the updates `abort`, `hold` and `resume` of a rollout. */
export const abortSchema = z.strictObject({
  by: actorField.describe('Who says so.'),
  reason: z.string().min(3).max(500).describe('Why; it is on record.'),
});

export type AnalysisSpec = z.infer<typeof analysisSpecSchema>;
export type RolloutSpec = z.infer<typeof rolloutSpecSchema>;
export type ArmMeasurement = z.infer<typeof armMeasurementSchema>;
export type Analysis = z.infer<typeof analysisSchema>;
export type RolloutInput = z.infer<typeof rolloutInputSchema>;
export type RolloutResult = z.infer<typeof rolloutResultSchema>;
export type RolloutProgress = z.infer<typeof rolloutProgressSchema>;
export type AbortInput = z.infer<typeof abortSchema>;
