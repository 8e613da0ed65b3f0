import { z } from 'zod';
import { datasetVersionRefSchema } from './dataset.js';
import { instantField, nameField } from './fields.js';
import { lineageRecordSchema } from './lineage-record.js';
import { modelVersionRefSchema } from './model.js';
import { runVerdictField, stepStatusField } from './run.js';

/** Body of `POST /api/v1/records`. Records of one request are committed together, or none of them is. */
export const recordsRequestSchema = z.strictObject({
  records: z.array(lineageRecordSchema).min(1).max(1000).describe('Facts in the order in which they happened.'),
});

/** Answer of `POST /api/v1/records`, one result a record, given after the commit. */
export const recordsResponseSchema = z.strictObject({
  results: z
    .array(
      z.strictObject({
        key: z.string().describe('Key of the record.'),
        status: z.enum(['recorded', 'known']).describe('known: the same record was committed before.'),
        modelVersion: z.int().positive().optional().describe('Number given to a model_registered.'),
        generation: z.int().positive().optional().describe('Generation given to an endpoint_changed.'),
      }),
    )
    .describe('Results in the order of the request.'),
});

/** Body of `POST /api/v1/partitions/resolve`. */
export const resolvePartitionsRequestSchema = z.strictObject({
  dataset: nameField.describe('Dataset.'),
  partitions: z.array(z.string().min(1)).min(1).max(100_000).describe('Partition keys.'),
});

/** Answer of `POST /api/v1/partitions/resolve`, in the order of the request. */
export const resolvePartitionsResponseSchema = z.strictObject({
  partitions: z
    .array(
      z.strictObject({
        partition: z.string().describe('Partition key.'),
        state: z
          .enum(['available', 'rejected', 'missing'])
          .describe('rejected: versions exist, but none was published because the last quality verdict is fail.'),
        ref: datasetVersionRefSchema.nullable().describe('The published version.'),
      }),
    )
    .describe('States by partition.'),
});

/** A run on record. */
export const runSummarySchema = z.strictObject({
  runId: z.string().describe('Id of the run.'),
  workflowId: z.string().describe('Id of the workflow.'),
  pipeline: nameField.describe('Pipeline.'),
  partition: z.string().describe('Partition.'),
  logicalTime: instantField.describe('Time that the run is about.'),
  startedAt: instantField.describe('When it began.'),
  finishedAt: instantField.nullable().describe('When it ended; null while it runs.'),
  verdict: runVerdictField.nullable(),
  reason: z.string().nullable().describe('Reason code.'),
  message: z.string().nullable().describe('The same in words.'),
  requestedBy: z.string().describe('Who asked.'),
  forced: z.boolean().describe('Whether a force was asked for.'),
});

/** A run with its steps. */
export const runDetailsSchema = runSummarySchema.extend({
  specificationDigest: z.string().describe('Digest of the frozen specification.'),
  steps: z
    .array(
      z.strictObject({
        step: nameField.describe('Step.'),
        type: z.string().describe('Type.'),
        status: stepStatusField,
        startedAt: instantField.nullable().describe('When it began.'),
        finishedAt: instantField.describe('When it ended.'),
        summary: z.string().describe('One line for people.'),
        code: z.string().nullable().describe('Reason or error code.'),
      }),
    )
    .describe('Steps in the order in which they ended.'),
});

/** A model on record. */
export const modelDetailsSchema = z.strictObject({
  model: nameField.describe('Model.'),
  aliases: z.record(z.string(), z.int().positive()).describe('Version numbers by alias.'),
  versions: z
    .array(
      modelVersionRefSchema.extend({
        registeredAt: instantField.describe('When it was registered.'),
        runId: z.string().describe('Run that registered it first.'),
        seed: z.int().nullable().describe('Seed of the training.'),
        metrics: z.record(z.string(), z.number()).describe('Figures that the trainer reported.'),
        trainedOn: z.array(datasetVersionRefSchema).describe('Dataset versions that it was trained on.'),
      }),
    )
    .describe('Versions, newest first.'),
});

/** Answer of `GET /api/v1/models/MODEL/aliases/ALIAS`. */
export const aliasDetailsSchema = z.strictObject({
  model: nameField.describe('Model.'),
  alias: nameField.describe('Alias.'),
  ref: modelVersionRefSchema.describe('Version that it stands for.'),
  trainedOn: z.array(datasetVersionRefSchema).describe('Dataset versions that it was trained on.'),
});

/** A node of the lineage graph. */
export const lineageNodeSchema = z.strictObject({
  id: z.string().describe('`endpoint:NAME`, `model:NAME@VERSION`, `dataset:NAME/PARTITION@VERSION` or `run:ID/STEP`.'),
  kind: z.enum(['endpoint', 'model', 'dataset', 'step', 'source']).describe('What it is.'),
  label: z.string().describe('How people call it.'),
  details: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .describe('Rows, verdicts, times and the like.'),
});

/** Answer of `GET /api/v1/lineage`. */
export const lineageGraphSchema = z.strictObject({
  root: z.string().describe('Id of the node that was asked about.'),
  direction: z.enum(['upstream', 'downstream']).describe('Direction that was followed.'),
  nodes: z.array(lineageNodeSchema).describe('Nodes, nearest first.'),
  edges: z
    .array(z.strictObject({ from: z.string().describe('What was read.'), to: z.string().describe('What came of it.') }))
    .describe('Edges in the direction of the data.'),
});

/** Body of every answer with a status of 400 or more. */
export const apiErrorSchema = z.object({
  error: z.object({
    code: z.string().describe('Code from the error table.'),
    message: z.string().describe('The particulars.'),
    remedy: z.string().describe('What to do.'),
    problems: z.array(z.object({ path: z.string(), message: z.string() })).describe('Every problem by path.'),
  }),
});

export type RecordsRequest = z.infer<typeof recordsRequestSchema>;
export type RecordsResponse = z.infer<typeof recordsResponseSchema>;
export type RecordResult = RecordsResponse['results'][number];
export type ResolvedPartition = z.infer<typeof resolvePartitionsResponseSchema>['partitions'][number];
export type RunSummary = z.infer<typeof runSummarySchema>;
export type RunDetails = z.infer<typeof runDetailsSchema>;
export type ModelDetails = z.infer<typeof modelDetailsSchema>;
export type AliasDetails = z.infer<typeof aliasDetailsSchema>;
export type LineageNode = z.infer<typeof lineageNodeSchema>;
export type LineageGraph = z.infer<typeof lineageGraphSchema>;
