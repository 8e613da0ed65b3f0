import { z } from 'zod';
import { datasetVersionRefSchema } from './dataset.js';
import { digestField, instantField, nameField } from './fields.js';
import { lineageRecordSchema } from './lineage-record.js';
import { modelRefSchema } from './model.js';
import { stepOutputSchema } from './run.js';

const keyField = digestField.describe('Key of the step.');
const runIdField = z.string().min(1).max(200);

/** Body of `POST /api/v1/cache/find`. */
export const cacheFindRequestSchema = z.strictObject({
  key: keyField,
  maxAgeSeconds: z.number().positive().nullable().describe('Longest time since it was put on record; null: any.'),
  pipeline: nameField.describe('Pipeline that asks.'),
  step: nameField.describe('Step that asks.'),
  partition: z.string().describe('Partition that asks.'),
});

/** What a step left behind that others may reuse. */
export const cachedStepSchema = z.strictObject({
  runId: z.string().describe('Run that computed it.'),
  pipeline: z.string().nullable().describe('Its pipeline; null if its beginning is not on record.'),
  partition: z.string().nullable().describe('Its partition; null if its beginning is not on record.'),
  step: nameField.describe('The step.'),
  recordedAt: instantField.describe('When it was put on record.'),
  ageSeconds: z.number().nonnegative().describe('How long ago that was, by the same clock.'),
  summary: z.string().describe('One line for people.'),
  inputs: z.array(datasetVersionRefSchema).describe('Dataset versions that were read.'),
  inputModels: z.array(modelRefSchema).describe('Models that were read.'),
  output: stepOutputSchema.describe('What it left behind.'),
  records: z.array(lineageRecordSchema).describe('Records of the version or model that it made.'),
});

/** Answer of `POST /api/v1/cache/find`. */
export const cacheFindResponseSchema = z.strictObject({
  entry: cachedStepSchema
    .nullable()
    .describe('The newest result under the key; null: there is none, or it is not to be used.'),
  reason: z.string().nullable().describe('Why the newest result is not to be used; null if there is none, or it is.'),
  last: z
    .strictObject({
      runId: z.string().describe('Run.'),
      partition: z.string().describe('Its partition.'),
      parts: z.record(z.string(), z.string()).describe('What its key was made of.'),
    })
    .nullable()
    .describe(
      'What the step was computed from last, of the same partition if it was; null where nothing is under the key either.',
    ),
});

/** Body of `POST /api/v1/cache/claim`. */
export const cacheClaimRequestSchema = z.strictObject({
  key: keyField,
  runId: runIdField.describe('Run that wants to compute it.'),
  workflowId: z.string().min(1).max(1000).describe('Id of its workflow.'),
  step: nameField.describe('The step.'),
  replaces: runIdField.nullable().describe('Run that was computing it and has ended without a word; null: none.'),
});

/** Who computes what has a key. */
export const cacheHolderSchema = z.strictObject({
  runId: z.string().describe('Run.'),
  workflowId: z.string().describe('Id of its workflow.'),
  step: z.string().describe('Step.'),
});

/** Answer of `POST /api/v1/cache/claim`. */
export const cacheClaimResponseSchema = z.strictObject({
  holder: cacheHolderSchema.nullable().describe('Who computes it already; null: whoever asked may.'),
});

export type CacheFindRequest = z.infer<typeof cacheFindRequestSchema>;
export type CacheFindResponse = z.infer<typeof cacheFindResponseSchema>;
export type CachedStep = z.infer<typeof cachedStepSchema>;
export type CacheClaimRequest = z.infer<typeof cacheClaimRequestSchema>;
export type CacheClaimResponse = z.infer<typeof cacheClaimResponseSchema>;
export type CacheHolder = z.infer<typeof cacheHolderSchema>;
