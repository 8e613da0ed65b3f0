import { z } from 'zod';
import { datasetVersionRefSchema } from './dataset.js';
import { instantField, nameField } from './fields.js';
import { modelVersionRefSchema } from './model.js';

/** Why a partition is not what a run would make of it now. */
export const staleReasonField = z
  .enum(['missing', 'failed', 'input_changed', 'code_changed', 'specification_changed'])
  .describe(
    'missing: never published; failed: the last run that should have published it did not; input_changed: another version of an input is published than the one that was read; code_changed: the SQL of the step is another; specification_changed: another field of the step is.',
  );

/** A partition that is not what a run would make of it now. */
export const stalePartitionSchema = z.strictObject({
  dataset: nameField.describe('Dataset.'),
  partition: z.string().describe('Partition.'),
  version: z.string().nullable().describe('Published version; null: none.'),
  runId: z.string().nullable().describe('Run that wrote that version last; null: none.'),
  reasons: z
    .array(z.strictObject({ reason: staleReasonField, message: z.string().describe('The particulars.') }))
    .min(1)
    .describe('Every reason that holds.'),
});

/** Answer of `GET /api/v1/stale`. */
export const staleResponseSchema = z.strictObject({
  total: z.int().nonnegative().describe('Stale partitions, over all pages.'),
  counts: z.record(staleReasonField, z.int().nonnegative()).describe('Partitions by reason; one may have several.'),
  partitions: z.array(stalePartitionSchema).describe('A page of them, by dataset and partition.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});

/** Answer of `GET /api/v1/impact`: everything that contains a version, near or far. */
export const impactSchema = z.strictObject({
  root: z.string().describe('Id of the node that was asked about.'),
  endpoints: z
    .array(
      z.strictObject({
        endpoint: nameField.describe('Endpoint.'),
        arm: z.enum(['stable', 'canary']).describe('Role of the version.'),
        model: modelVersionRefSchema.describe('Version that it serves now.'),
      }),
    )
    .describe('Endpoints that serve such a model now.'),
  models: z
    .array(
      z.strictObject({
        model: nameField.describe('Model.'),
        version: z.int().positive().nullable().describe('Number of the version; null: it was never registered.'),
        digest: z.string().describe('Digest.'),
        aliases: z.array(z.string()).describe('Aliases that stand for it now.'),
      }),
    )
    .describe('Models trained on it, directly or not.'),
  datasets: z
    .array(
      datasetVersionRefSchema
        .pick({ dataset: true, partition: true, version: true })
        .extend({ published: z.boolean().describe('Whether it is the version that is read for its partition.') }),
    )
    .describe('Dataset versions made from it, directly or not.'),
  runs: z
    .array(
      z.strictObject({
        runId: z.string().describe('Run.'),
        pipeline: nameField.nullable().describe('Pipeline; null: the run did not begin on record.'),
        partition: z.string().nullable().describe('Partition.'),
        startedAt: instantField.nullable().describe('When it began.'),
      }),
    )
    .describe('Runs that read it, or anything made from it, in the order in which they began.'),
});

export type StaleReason = z.infer<typeof staleReasonField>;
export type StalePartition = z.infer<typeof stalePartitionSchema>;
export type StaleResponse = z.infer<typeof staleResponseSchema>;
export type Impact = z.infer<typeof impactSchema>;
