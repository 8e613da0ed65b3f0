import { z } from 'zod';
import { codeLocationSchema } from './code-location.js';
import { columnLineageSchema } from './column-lineage.js';
import { cacheRecordSchema } from './cache.js';
import { alertDeliverySchema, alertSchema } from './alert.js';
import { datasetVersionField, datasetVersionRefSchema } from './dataset.js';
import { evaluationReportSchema } from './evaluation.js';
import { actorField, digestField, identifierField, instantField, jsonField, nameField } from './fields.js';
import { markedSchema, markField } from './mark.js';
import { modelManifestSchema, modelRefSchema, modelVersionRefSchema } from './model.js';
import { sourceDatasetSchema } from './openlineage.js';
import { qualityReportSchema } from './quality-report.js';
import { rolloutResultSchema } from './rollout.js';
import { partitionKeyField } from './partition-key.js';
import { KEYS_A_REQUEST } from './partition-set.js';
import { runVerdictField, stepOutputSchema, stepStatusField } from './run.js';
import { triggerEntrySchema } from './trigger.js';

const common = {
  key: z
    .string()
    .min(1)
    .max(400)
    .describe(
      'Idempotency key: the same key with the same content is recorded once, with other content it is refused. Times of the writer’s clock (at, startedAt) are no content: the first ones stay.',
    ),
  at: instantField.describe('When it happened, in the writer’s words.'),
};
const forced = z
  .strictObject({ by: actorField, reason: z.string() })
  .optional()
  .describe('Who takes responsibility for a version that was recalled, and why; without it such a version is refused.');
const writtenBy = z
  .literal('auditor')
  .optional()
  .describe('Set where the auditor wrote it afterwards, from what Temporal knows.');
const ofRun = { runId: z.string().min(1).describe('Run that it belongs to.') };
const ofStep = { ...ofRun, step: nameField.describe('Step that it belongs to.') };

/** One fact for the lineage store. */
export const lineageRecordSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run_started').describe('A run began with a frozen specification.'),
    ...common,
    ...ofRun,
    workflowId: z.string().describe('Id of the workflow.'),
    pipeline: nameField.describe('Name of the pipeline.'),
    partition: z.string().describe('Partition of the run.'),
    logicalTime: instantField.describe('Time that the run is about.'),
    specificationDigest: digestField.describe('Digest of the frozen specification.'),
    specification: jsonField.describe('The frozen specification.'),
    requestedBy: actorField.describe('Who asked.'),
    force: z
      .strictObject({ by: actorField, reason: z.string() })
      .nullable()
      .describe('Who passed over the evaluation gate, and why.'),
    codeLocation: codeLocationSchema.optional().describe('Where the code of the pipeline is, if that can be told.'),
    writtenBy,
  }),
  z.strictObject({
    kind: z
      .literal('pipeline_declared')
      .describe(
        'A worker started with a pipeline: what a run of it would do now, with the defaults of its parameters.',
      ),
    ...common,
    pipeline: nameField.describe('Name of the pipeline.'),
    specificationDigest: digestField.describe('Digest of the specification.'),
    specification: jsonField.describe('The specification.'),
  }),
  z.strictObject({
    kind: z.literal('run_finished').describe('A run ended.'),
    ...common,
    ...ofRun,
    verdict: runVerdictField,
    reason: z.string().describe('Reason code.'),
    message: z.string().describe('The same in words.'),
    workflowId: z.string().optional().describe('Id of the workflow, where the auditor wrote it.'),
    writtenBy,
  }),
  z.strictObject({
    kind: z.literal('step_finished').describe('A step ended.'),
    ...common,
    ...ofStep,
    type: z.string().describe('Type of the step.'),
    status: stepStatusField,
    startedAt: instantField.nullable().describe('When it began; null if it never did.'),
    summary: z.string().describe('One line for people.'),
    code: z.string().nullable().describe('Reason or error code.'),
    inputs: z.array(datasetVersionRefSchema).describe('Dataset versions that were read.'),
    inputModels: z.array(modelRefSchema).describe('Models that were read.'),
    output: stepOutputSchema.optional().describe('What it left behind, where it succeeded.'),
    reusedFrom: z.string().optional().describe('Run that did the work, where it was not done again.'),
    cache: cacheRecordSchema
      .optional()
      .describe('Whether it was computed, and why; left out where nothing is ever reused.'),
  }),
  z.strictObject({
    kind: z.literal('dataset_version').describe('A step wrote a dataset version.'),
    ...common,
    ...ofStep,
    ref: datasetVersionRefSchema.describe('The version.'),
    columns: z
      .array(z.strictObject({ name: z.string(), type: z.string(), nullable: z.boolean() }))
      .describe('Its columns.'),
    columnLineage: columnLineageSchema.optional().describe('What its columns were made from, for a transform.'),
    sources: z
      .array(sourceDatasetSchema)
      .optional()
      .describe('What an ingest step read, by its names in OpenLineage: tables, files, and the folder of a glob.'),
  }),
  z.strictObject({
    kind: z.literal('dataset_published').describe('A version became the one that is read for its partition.'),
    ...common,
    ...ofStep,
    dataset: nameField.describe('Dataset.'),
    partition: z.string().describe('Partition.'),
    version: datasetVersionField.describe('Version.'),
  }),
  z.strictObject({
    kind: z.literal('quality_result').describe('A version was held to a suite.'),
    ...common,
    ...ofStep,
    dataset: nameField.describe('Dataset.'),
    partition: z.string().describe('Partition.'),
    version: datasetVersionField.describe('Version.'),
    report: qualityReportSchema.describe('What was measured.'),
  }),
  z.strictObject({
    kind: z.literal('model_trained').describe('A step trained a model.'),
    ...common,
    ...ofStep,
    ref: modelRefSchema.describe('The model.'),
    manifest: modelManifestSchema.describe('What it is made of.'),
    trainedOn: z.array(datasetVersionRefSchema).describe('Dataset versions that it was trained on.'),
    profiles: z
      .string()
      .optional()
      .describe('Address of the profiles of what it was trained on, one an input: drift needs none of those rows.'),
    params: z.record(z.string(), jsonField).describe('Parameters of the trainer.'),
    seed: z.int().nonnegative().describe('Seed.'),
    metrics: z.record(identifierField, z.number()).describe('Figures that the trainer reported.'),
  }),
  z.strictObject({
    kind: z.literal('model_evaluated').describe('A challenger was compared with the champion.'),
    ...common,
    ...ofStep,
    ref: modelRefSchema.describe('The challenger.'),
    evaluatedOn: z.array(datasetVersionRefSchema).describe('Dataset versions whose rows were used.'),
    report: evaluationReportSchema.describe('The comparison.'),
    forced: z.boolean().describe('Whether the verdict was passed over.'),
  }),
  z.strictObject({
    kind: z
      .literal('model_registered')
      .describe('A model gets a version number; the answer carries it. The same digest keeps its number.'),
    ...common,
    ...ofStep,
    ref: modelRefSchema.describe('The model.'),
  }),
  z.strictObject({
    kind: z.literal('alias_moved').describe('An alias was moved.'),
    ...common,
    ...ofRun,
    model: nameField.describe('Model.'),
    alias: nameField.describe('Alias, as in champion.'),
    version: z.int().positive().nullable().describe('Version that it stands for now; null: the alias is taken away.'),
    actor: actorField.describe('Who moved it.'),
    reason: z.string().describe('Why.'),
    force: forced,
  }),
  z.strictObject({
    kind: z
      .literal('endpoint_changed')
      .describe('An endpoint’s traffic was set; the answer carries the new generation.'),
    ...common,
    ...ofRun,
    endpoint: nameField.describe('Endpoint.'),
    expectedGeneration: z
      .int()
      .nonnegative()
      .describe('Generation that is replaced, 0 for a new endpoint; another one in force means a conflict.'),
    stable: modelVersionRefSchema.nullable().describe('Stable version; null retires the endpoint.'),
    canary: modelVersionRefSchema.nullable().describe('Canary version.'),
    canaryWeight: z.number().min(0).max(100).describe('Share of the canary in percent.'),
    actor: actorField.describe('Who set it.'),
    reason: z.string().describe('Why.'),
    force: forced,
  }),
  z.strictObject({
    kind: z.literal('action_taken').describe('A person or a service did something that no other record tells.'),
    ...common,
    runId: z.string().min(1).optional().describe('Run in which it was done.'),
    actor: actorField.describe('Who did it.'),
    action: z.string().min(1).max(63).describe('What, as in approve, delete or token.'),
    target: z.string().min(1).max(400).describe('What it was done to.'),
    reason: z.string().describe('Why.'),
  }),
  z.strictObject({
    kind: z.literal('mark_set').describe('Data or a model was pinned, put on legal hold or recalled as bad.'),
    ...common,
    runId: z.string().min(1).optional().describe('Run in which it was done.'),
    mark: markField,
    on: markedSchema.describe('What the mark is on.'),
    actor: actorField.describe('Who put it there.'),
    reason: z.string().min(3).max(500).describe('Why.'),
    until: instantField.nullable().describe('When it ends by itself; null: never.'),
  }),
  z.strictObject({
    kind: z.literal('mark_lifted').describe('A mark was taken back.'),
    ...common,
    mark: markField,
    on: markedSchema.describe('What the mark was on.'),
    actor: actorField.describe('Who took it back.'),
    reason: z.string().min(3).max(500).describe('Why.'),
  }),
  z.strictObject({
    kind: z
      .literal('version_removed')
      .describe('Retention let a dataset version go: it is read no more, and a sweep removes its bytes.'),
    ...common,
    ref: datasetVersionRefSchema.describe('The version.'),
    actor: actorField.describe('Who applied the retention.'),
    reason: z.string().describe('Which class, and why it had nothing to keep it.'),
    published: z
      .boolean()
      .optional()
      .describe(
        'Whether it was read for its partition when that was decided; where it is by now and was not, it stays.',
      ),
  }),
  z.strictObject({
    kind: z
      .literal('partitions_changed')
      .describe('Keys were added to a dynamic set of partitions, or removed; the answer says how many.'),
    ...common,
    set: nameField.describe('Set.'),
    add: z.array(partitionKeyField).max(KEYS_A_REQUEST).describe('Keys that it is to have.'),
    remove: z.array(partitionKeyField).max(KEYS_A_REQUEST).describe('Keys that it is not to have.'),
    actor: actorField.describe('Who changed it.'),
    reason: z.string().max(500).describe('Why.'),
  }),
  z.strictObject({
    kind: z.literal('openlineage_event').describe('Another tool sent an OpenLineage event.'),
    ...common,
    event: jsonField.describe('The event as it came.'),
  }),
  z.strictObject({
    kind: z.literal('trigger_event').describe('An event of a trigger ended.'),
    ...common,
    event: triggerEntrySchema.omit({ endedAt: true }).describe('What it was, and what came of it.'),
  }),
  z.strictObject({
    kind: z.literal('alert_raised').describe('Somebody should know something that no other record tells.'),
    ...common,
    alert: alertSchema.omit({ at: true }).describe('What.'),
  }),
  z.strictObject({
    kind: z.literal('alert_delivered').describe('An alert was told on a channel, or could not be.'),
    ...common,
    delivery: alertDeliverySchema.describe('What became of it.'),
  }),
  z.strictObject({
    kind: z.literal('rollout_finished').describe('A rollout ended.'),
    ...common,
    ...ofRun,
    result: rolloutResultSchema.describe('What happened.'),
  }),
]);

export type LineageRecord = z.infer<typeof lineageRecordSchema>;
export type LineageRecordKind = LineageRecord['kind'];
export type LineageRecordOf<K extends LineageRecordKind> = Extract<LineageRecord, { kind: K }>;
