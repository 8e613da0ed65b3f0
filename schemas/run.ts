import { z } from 'zod';
import { cacheModeField, cacheNoteSchema } from './cache.js';
import { datasetVersionRefSchema, type DatasetVersionRef } from './dataset.js';
import { evaluationReportSchema } from './evaluation.js';
import {
  actorField,
  digestField,
  identifierField,
  instantField,
  jsonField,
  nameField,
  responsibilitySchema,
} from './fields.js';
import { reportDocumentsSchema } from './quality-report.js';
import { modelRefSchema, modelVersionRefSchema, type ModelRef } from './model.js';
import { rolloutResultSchema } from './rollout.js';

/** Input of the workflow `pipelineRun`: one object, as the Temporal UI sends it. */
export const runInputSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  partition: z
    .string()
    .min(1)
    .optional()
    .describe('Partition to run for; by default the last one that was complete at the logical time.'),
  logicalTime: instantField
    .optional()
    .describe('Time that the run is about; by default the schedule’s nominal time, else the start time.'),
  params: z
    .record(identifierField, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Values of parameters.'),
  force: z
    .strictObject({
      by: actorField.describe('Who takes responsibility.'),
      reason: z.string().min(3).max(500).describe('Why the evaluation gate is passed over.'),
    })
    .optional()
    .describe(
      'Lets a model pass the evaluation gate although it failed, and lets versions be read and released that were recalled; on record. Quality gates and canaries are not affected.',
    ),
  checksOff: responsibilitySchema
    .optional()
    .describe('Runs without the check steps: what they would have judged is published unjudged. On record.'),
  specification: digestField
    .optional()
    .describe(
      'Digest of the frozen specification of an earlier run: steps and parameters are what they were then, instead of what the pipeline says now. Refused with CODE_CHANGED if the code that they call is another now.',
    ),
  retry: z
    .strictObject({
      runId: z
        .string()
        .min(1)
        .optional()
        .describe('Run that must be the last of the partition on record; without it, whichever is.'),
      from: nameField
        .optional()
        .describe('First step that is done again, with all that depend on it; by default what did not succeed.'),
    })
    .optional()
    .describe(
      'Goes on where the last run of the partition ended: with its parameters, and with the results of its steps that are still valid, which are those whose specification, code and inputs are the same.',
    ),
  cache: cacheModeField.optional(),
  requestedBy: actorField.default('unknown').describe('Who asked.'),
});

/** How somebody asks for another try of a run. */
export const retryRequestSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  partition: z.string().min(1).describe('Partition of the run.'),
  from: nameField.optional().describe('First step that is done again; by default what did not succeed.'),
  cache: cacheModeField.optional(),
  by: actorField.default('unknown').describe('Who asks.'),
  reason: z.string().min(3).max(500).default('another try').describe('Why; on record where a step waits.'),
});

/** What a run came to. */
export const runVerdictField = z
  .enum(['succeeded', 'refused', 'rolled_back', 'failed'])
  .describe(
    'succeeded: every step did; refused: a quality or evaluation gate said no; rolled_back: the canary was taken back; failed: the work could not be done.',
  );

export const stepStatusField = z
  .enum(['pending', 'running', 'waiting', 'succeeded', 'refused', 'failed', 'skipped'])
  .describe(
    'waiting: for a decision, by the update release, reject or recheck; refused: the step ran and its verdict is no; skipped: a step before it did not succeed.',
  );

/** What a step left behind. */
export const stepOutputSchema = z.strictObject({
  dataset: datasetVersionRefSchema.optional().describe('Dataset version that was written or checked.'),
  quarantine: datasetVersionRefSchema.optional().describe('Dataset version with the rows that a check set apart.'),
  model: modelRefSchema.optional().describe('Model that was trained.'),
  modelVersion: modelVersionRefSchema.optional().describe('Model version that was registered.'),
  evaluation: evaluationReportSchema.optional().describe('Report of an evaluation.'),
  rollout: rolloutResultSchema.optional().describe('Result of a rollout.'),
  report: reportDocumentsSchema.optional().describe('Report of a check.'),
  value: jsonField.optional().describe('What an activity of the project returned.'),
});

/** State of a step within a run. */
export const stepStateSchema = z.strictObject({
  step: nameField.describe('Name of the step.'),
  type: z.string().describe('Type of the step.'),
  status: stepStatusField,
  startedAt: instantField.nullable().describe('When it began.'),
  durationMs: z.number().nonnegative().nullable().describe('How long it took.'),
  summary: z.string().describe('One line for people: counts, versions, reasons.'),
  code: z
    .string()
    .nullable()
    .describe(
      'Reason or error code, where the step did not simply succeed; REUSED and CACHED: another run did the work.',
    ),
  output: stepOutputSchema.describe('What it left behind.'),
  reusedFrom: z.string().optional().describe('Run that did the work, where it was not done again.'),
  cache: cacheNoteSchema
    .optional()
    .describe('Whether it was computed, and why; left out where nothing is ever reused.'),
});

/** Result of the query `progress`. */
export const runProgressSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  partition: z.string().describe('Partition of the run; empty until it is resolved.'),
  phase: z.string().describe('What the run is doing, in a few words.'),
  steps: z.array(stepStateSchema).describe('Steps in order of the specification.'),
});

/** Result of the workflow `pipelineRun`. */
export const runResultSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  partition: z.string().describe('Partition of the run.'),
  logicalTime: instantField.describe('Time that the run was about.'),
  runId: z.string().describe('Id of the run in lineage: Temporal’s run id.'),
  workflowId: z.string().describe('Id of the workflow.'),
  verdict: runVerdictField,
  reason: z.string().describe('Reason code, as in QUALITY_FAILED, EVALUATION_FAILED, CANARY_FAILED, PROMOTED.'),
  message: z.string().describe('The same in words.'),
  steps: z.array(stepStateSchema).describe('Steps in order of the specification.'),
  forced: z.boolean().describe('Whether the evaluation gate was passed over by force.'),
  durationMs: z.number().nonnegative().describe('Time from start to end.'),
});

/** What a run may take over from an earlier one, instead of doing it again. */
export interface ReusableStep {
  /** Run that did the work. */
  runId: string;
  summary: string;
  inputs: DatasetVersionRef[];
  inputModels: ModelRef[];
  output: StepOutput;
}

export type RunInput = z.infer<typeof runInputSchema>;
export type RetryRequest = z.input<typeof retryRequestSchema>;
export type RunRequest = z.input<typeof runInputSchema>;
export type RunVerdict = z.infer<typeof runVerdictField>;
export type StepStatus = z.infer<typeof stepStatusField>;
export type StepOutput = z.infer<typeof stepOutputSchema>;
export type StepState = z.infer<typeof stepStateSchema>;
export type RunProgress = z.infer<typeof runProgressSchema>;
export type RunResult = z.infer<typeof runResultSchema>;
