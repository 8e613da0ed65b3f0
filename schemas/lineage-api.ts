import { z } from 'zod';
import { datasetVersionRefSchema } from './dataset.js';
import { actorField, instantField, jsonField, nameField } from './fields.js';
import { lineageRecordSchema } from './lineage-record.js';
import { markInForceSchema } from './mark.js';
import { modelRefSchema, modelVersionRefSchema } from './model.js';
import { qualityReportSchema } from './quality-report.js';
import { runVerdictField, stepOutputSchema, stepStatusField } from './run.js';
import { endpointStateSchema, modelServerStatusSchema } from './serving.js';

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
        added: z.int().nonnegative().optional().describe('Keys that a partitions_changed added.'),
        removed: z.int().nonnegative().optional().describe('Keys that a partitions_changed removed.'),
        taint: z
          .string()
          .optional()
          .describe(
            'Which version that a step wrote or read was recalled as bad, by whom and why; left out where none was.',
          ),
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
          .enum(['available', 'tainted', 'rejected', 'missing'])
          .describe(
            'tainted: the published version was recalled as bad; rejected: versions exist, but none was published because the last quality verdict is fail.',
          ),
        ref: datasetVersionRefSchema.nullable().describe('The published version.'),
        taint: z.string().nullable().describe('Who recalled it, and why; null: nobody did.'),
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

/** Body of `POST /api/v1/runs/latest`. */
export const latestRunsRequestSchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  partitions: z.array(z.string().min(1)).min(1).max(100_000).describe('Partition keys.'),
});

/** The newest run of a partition, in few words: there may be a hundred thousand. */
export const latestRunSchema = z.strictObject({
  partition: z.string().describe('Partition.'),
  runId: z.string().describe('Id of the run.'),
  verdict: runVerdictField
    .nullable()
    .describe('Its verdict; null while it runs, or if it was never told to have ended.'),
  specificationDigest: z.string().describe('Digest of its frozen specification.'),
  durationMs: z.number().nonnegative().nullable().describe('How long it took; null while it runs.'),
});

/** Answer of `POST /api/v1/runs/latest`: partitions that never ran are left out. */
export const latestRunsResponseSchema = z.strictObject({ runs: z.array(latestRunSchema) });

/** Answer of `GET /api/v1/specifications/DIGEST`. */
export const specificationResponseSchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  specification: jsonField.describe('The frozen specification.'),
});

/** Answer of `GET /api/v1/runs/ID/record`: what a later run may go on with. */
export const runRecordSchema = z.strictObject({
  runId: z.string().describe('Run.'),
  pipeline: nameField.describe('Pipeline.'),
  partition: z.string().describe('Partition.'),
  verdict: runVerdictField.nullable().describe('Its verdict; null while it runs.'),
  specification: jsonField.describe('Its frozen specification.'),
  steps: z
    .array(
      z.strictObject({
        step: nameField.describe('Step.'),
        status: stepStatusField,
        summary: z.string().describe('One line for people.'),
        inputs: z.array(datasetVersionRefSchema).describe('Dataset versions that were read.'),
        inputModels: z.array(modelRefSchema).describe('Models that were read.'),
        output: stepOutputSchema.nullable().describe('What it left behind; null: it did not succeed.'),
        reusedFrom: z.string().nullable().describe('Run that did the work; null: this one.'),
      }),
    )
    .describe('The last end of each step.'),
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

const profilesField = z
  .string()
  .nullable()
  .describe('Address of the profiles of what it was trained on, one an input; null where none was stored.');

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
        marks: z.array(markInForceSchema).describe('Taints in force on it.'),
        profiles: profilesField,
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
  profiles: profilesField,
});

/** Answer of `GET /api/v1/health`. */
export const lineageHealthSchema = z.strictObject({
  status: z.literal('ok').describe('The owner answers and can read its database.'),
  schemaVersion: z.int().positive().describe('Number of the newest migration that was applied.'),
  records: z.int().nonnegative().describe('Records that are committed.'),
});

/** A dataset on record. */
export const datasetSummarySchema = z.strictObject({
  dataset: nameField.describe('Dataset.'),
  partitions: z.int().nonnegative().describe('Partitions that have a version, published or not.'),
  published: z.int().nonnegative().describe('Partitions that have a published version.'),
  versions: z.int().nonnegative().describe('Versions over all partitions.'),
  rows: z.int().nonnegative().describe('Rows of all published versions.'),
  writtenAt: instantField.describe('When its newest version was written.'),
});

/** A dataset version on record. */
export const datasetVersionDetailsSchema = z.strictObject({
  ref: datasetVersionRefSchema.describe('The version.'),
  columns: z
    .array(z.strictObject({ name: z.string(), type: z.string(), nullable: z.boolean() }))
    .describe('Its columns.'),
  runId: z.string().describe('Run that wrote it first.'),
  step: nameField.describe('Step that wrote it first.'),
  writtenAt: instantField.describe('When it was written first.'),
  published: z.boolean().describe('Whether it is the version that is read for its partition.'),
  verdict: qualityReportSchema.shape.verdict.nullable().describe('Newest quality verdict on it; null: never checked.'),
  removedAt: instantField.nullable().describe('When retention let it go; null: it is there.'),
  marks: z
    .array(markInForceSchema)
    .describe('Pins, legal holds and taints in force on it, its partition or its dataset.'),
  states: z
    .string()
    .nullable()
    .describe('Address of what its newest check saw, with a profile of its columns; null where none was stored.'),
});

/** Answer of `GET /api/v1/objects`. */
export const recordedObjectsResponseSchema = z.strictObject({
  objects: z
    .array(
      z.strictObject({
        uri: z.string().describe('Where the object is: `store://STORE/KEY`.'),
        manifest: z
          .boolean()
          .describe('Whether it is the manifest of a dataset version or model, and names further objects.'),
      }),
    )
    .describe('Objects that the records of this page mention.'),
  next: z.string().nullable().describe('Give it as `after` for the page that follows; null: there is none.'),
});

/** A quality report on record. */
export const qualityResultSchema = z.strictObject({
  runId: z.string().describe('Run that checked.'),
  step: nameField.describe('Step that checked.'),
  dataset: nameField.describe('Dataset.'),
  partition: z.string().describe('Partition.'),
  version: z.string().describe('Version.'),
  at: instantField.describe('When it was checked.'),
  report: qualityReportSchema.describe('What was measured.'),
});

/** A model in the list of models. */
export const modelSummarySchema = z.strictObject({
  model: nameField.describe('Model.'),
  versions: z.int().positive().describe('Number of registered versions.'),
  newest: modelVersionRefSchema.describe('The version with the highest number.'),
  registeredAt: instantField.describe('When that version was registered.'),
  aliases: z.record(z.string(), z.int().positive()).describe('Version numbers by alias.'),
});

/** One move of an alias. */
export const aliasMoveSchema = z.strictObject({
  model: nameField.describe('Model.'),
  alias: nameField.describe('Alias.'),
  from: z.int().positive().nullable().describe('Version that it stood for; null: none.'),
  to: z.int().positive().nullable().describe('Version that it stands for since; null: it was taken away.'),
  actor: actorField.describe('Who moved it.'),
  reason: z.string().describe('Why.'),
  runId: z.string().describe('Run in which it was moved.'),
  at: instantField.describe('When.'),
});

/** One state that an endpoint had, and who set it. */
export const endpointChangeSchema = endpointStateSchema.extend({
  actor: actorField.describe('Who set it.'),
  runId: z.string().describe('Run in which it was set.'),
});

/** Answers of the listing paths: one object with one list, newest first where there is an order in time. */
export const datasetsResponseSchema = z.strictObject({ datasets: z.array(datasetSummarySchema) });
export const datasetVersionsResponseSchema = z.strictObject({
  versions: z.array(datasetVersionDetailsSchema).describe('A page of versions, newest first.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});
export const pipelinesResponseSchema = z.strictObject({
  pipelines: z.array(nameField).describe('Names of pipelines that a worker has declared, or that ran; in order.'),
});
export const runsResponseSchema = z.strictObject({
  runs: z.array(runSummarySchema).describe('A page of runs, newest first.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});
export const runQualityResponseSchema = z.strictObject({ results: z.array(qualityResultSchema) });
export const modelsResponseSchema = z.strictObject({ models: z.array(modelSummarySchema) });
export const aliasHistoryResponseSchema = z.strictObject({ moves: z.array(aliasMoveSchema) });
export const endpointsResponseSchema = z.strictObject({ endpoints: z.array(endpointStateSchema) });
export const endpointHistoryResponseSchema = z.strictObject({ changes: z.array(endpointChangeSchema) });
export const modelServersResponseSchema = z.strictObject({ servers: z.array(modelServerStatusSchema) });

/** Answer of `POST /api/v1/admin/rebuild`. */
export const rebuildResponseSchema = z.strictObject({
  events: z.int().nonnegative().describe('Events that the projections were made from.'),
});

/** Something that keeps the owner busy for longer than a question. */
export const ownerWorkSchema = z.strictObject({
  what: z.enum(['audit verify', 'rebuild']).describe('What it does.'),
  events: z.int().nonnegative().describe('Events that it goes through.'),
  done: z.number().min(0).max(1).describe('Share of it that is done.'),
  startedAt: instantField.describe('When it began.'),
});
export type OwnerWork = z.infer<typeof ownerWorkSchema>;

/** Answer of `GET /api/v1/work`. */
export const ownerWorkResponseSchema = z.strictObject({
  work: z.array(ownerWorkSchema).describe('What is under way, the oldest first.'),
});

/** A node of the lineage graph. */
export const lineageNodeSchema = z.strictObject({
  id: z
    .string()
    .describe(
      '`endpoint:NAME`, `model:NAME@VERSION`, `dataset:NAME/PARTITION@VERSION`, `run:ID/STEP` or `source:PATH`; a model that was never registered has the start of its digest as VERSION.',
    ),
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
  truncated: z.boolean().describe('Whether there is more than the depth or the greatest number of nodes allowed.'),
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

/**
 * Body of `POST /api/v1/records/batch`: requests of several writers in one message. Each is committed by itself, all of its
 * records or none, and has an outcome of its own.
 */
export const recordsBatchRequestSchema = z.strictObject({
  requests: z
    .array(z.unknown())
    .min(1)
    .max(1000)
    .describe('Bodies of `POST /api/v1/records`; each is held to the schema of that by itself.'),
});

/** Answer of `POST /api/v1/records/batch`, one outcome a request, in their order, given after the commits. */
export const recordsBatchResponseSchema = z.strictObject({
  outcomes: z
    .array(z.union([recordsResponseSchema, apiErrorSchema]))
    .describe('What `POST /api/v1/records` would have answered to each request.'),
});

export type RecordedObject = z.infer<typeof recordedObjectsResponseSchema>['objects'][number];
export type RecordsRequest = z.infer<typeof recordsRequestSchema>;
export type RecordsResponse = z.infer<typeof recordsResponseSchema>;
export type RecordResult = RecordsResponse['results'][number];
export type ResolvedPartition = z.infer<typeof resolvePartitionsResponseSchema>['partitions'][number];
export type RunSummary = z.infer<typeof runSummarySchema>;
export type LatestRun = z.infer<typeof latestRunSchema>;
export type RunRecord = z.infer<typeof runRecordSchema>;
export type RunDetails = z.infer<typeof runDetailsSchema>;
export type ModelDetails = z.infer<typeof modelDetailsSchema>;
export type AliasDetails = z.infer<typeof aliasDetailsSchema>;
export type LineageHealth = z.infer<typeof lineageHealthSchema>;
export type DatasetSummary = z.infer<typeof datasetSummarySchema>;
export type DatasetVersionDetails = z.infer<typeof datasetVersionDetailsSchema>;
export type QualityResult = z.infer<typeof qualityResultSchema>;
export type ModelSummary = z.infer<typeof modelSummarySchema>;
export type AliasMove = z.infer<typeof aliasMoveSchema>;
export type EndpointChange = z.infer<typeof endpointChangeSchema>;
export type LineageNode = z.infer<typeof lineageNodeSchema>;
export type LineageGraph = z.infer<typeof lineageGraphSchema>;
