import { z } from 'zod';
import { stepCacheSchema } from './cache.js';
import { suiteSchema } from './check.js';
import { columnSchema } from './dataset.js';
import { evaluationGateSchema } from './evaluation.js';
import { actorField, identifierField, jsonField, nameField } from './fields.js';
import { approvalFieldSchema } from './gate.js';
import { rolloutSpecSchema } from './rollout.js';
import { sourceSchema } from './source.js';
import { trainerSchema } from './trainer.js';

/** Committed versions of a dataset, chosen relative to the run’s partition. */
export const datasetInputSchema = z.strictObject({
  dataset: nameField.describe('Name of the dataset.'),
  pipeline: nameField
    .optional()
    .describe(
      'Pipeline that produces the dataset, where it is cut in another way: the days of a week, all regions of a day, the day of an hour.',
    ),
  window: z
    .strictObject({
      last: z.int().positive().max(10_000).describe('Number of partitions that end where the run’s partition begins.'),
      minimum: z.int().positive().optional().describe('Fewest partitions to go on with; all of them by default.'),
      missing: z
        .enum(['build', 'fail', 'skip'])
        .default('fail')
        .describe(
          'What to do about partitions that were never produced: run their pipeline first, fail, or go on without. Rejected partitions are always left out.',
        ),
      pipeline: nameField.optional().describe('Pipeline that produces the dataset; needed for `build`.'),
    })
    .optional()
    .describe('Partitions before the run’s own; without it, the run’s own partition.'),
});

/** An input: the name of a step whose output is read, or committed versions of a dataset. */
export const dataInputSchema = z.union([nameField, datasetInputSchema]);

/** What a failure of a step means, where its pipeline does not say otherwise. */
export const onFailureField = z
  .enum(['fail', 'wait'])
  .describe(
    'fail: what depends on the step is skipped, and the run fails; wait: the run parks, without a worker, until somebody sends the update retryStep, skipStep or abort.',
  );

const common = {
  description: z.string().max(200).optional().describe('What the step is for; shown in the Temporal UI.'),
  needs: z
    .array(nameField)
    .default([])
    .describe('Steps that must have succeeded before, besides those whose output is read.'),
  tag: nameField
    .optional()
    .describe('Part of the role’s workers that may run the step: `gpu` means the queue `training-gpu`.'),
  timeoutSeconds: z
    .number()
    .positive()
    .optional()
    .describe('Longest time for one attempt, in seconds; by default that of the step’s category.'),
  onFailure: onFailureField.optional().describe('What a failure of the step means; by default what the pipeline says.'),
};

/** Fields of steps that do work which a pool can limit. */
const working = {
  ...common,
  pool: nameField
    .optional()
    .describe(
      'Pool of the configuration in which the step needs a place: as many steps as it has work at once, over all pipelines.',
    ),
};

const cacheField = stepCacheSchema
  .optional()
  .describe('How its results are reused by other runs that would compute the same.');

const schemaPolicyField = z
  .enum(['exact', 'additive', 'any'])
  .optional()
  .describe(
    'What may differ from the columns of the newest published version: nothing, further columns at the end, or anything, which is the default.',
  );

export const ingestStepSchema = z.strictObject({
  type: z.literal('ingest').describe('Copies one partition of a source into a dataset version.'),
  ...working,
  source: sourceSchema.describe('Where the rows come from.'),
  dataset: nameField.describe('Dataset that is written.'),
  timeColumn: z
    .string()
    .min(1)
    .optional()
    .describe('Column that decides to which partition a row belongs; without it every row is taken.'),
  columns: z
    .array(columnSchema)
    .min(1)
    .optional()
    .describe('Columns that must be there, and only they are taken; all columns by default.'),
  allowEmpty: z
    .boolean()
    .default(false)
    .describe('Whether a partition without rows is a version, instead of the error PARTITION_EMPTY.'),
  schemaPolicy: schemaPolicyField,
  cache: cacheField,
});

export const transformStepSchema = z.strictObject({
  type: z.literal('transform').describe('Makes a dataset version from others with one SQL query.'),
  ...working,
  inputs: z.record(identifierField, dataInputSchema).describe('Inputs by the name of the view that the query sees.'),
  sql: z
    .string()
    .min(1)
    .describe(
      'One SELECT in DuckDB’s SQL. Parameters: $partition_key, $partition_start, $partition_end, and those in `params`.',
    ),
  params: z.record(identifierField, jsonField).default({}).describe('Values of further parameters.'),
  dataset: nameField.describe('Dataset that is written.'),
  schemaPolicy: schemaPolicyField,
  memory: z
    .string()
    .regex(/^\d+(\.\d+)?(MB|GB|MiB|GiB)$/, 'must be a size, as in "500MB" or "4GB"')
    .optional()
    .describe('Memory that the query may use before it goes on on the disk; 2GB by default.'),
  threads: z.int().min(1).max(256).optional().describe('Threads of the query; 2 by default.'),
  cache: cacheField,
});

export const checkStepSchema = z.strictObject({
  type: z.literal('check').describe('Holds a dataset version to a suite; what it fails is not published.'),
  ...working,
  input: nameField.describe('Step whose output is checked.'),
  suite: suiteSchema.describe('The rules.'),
  onFail: z
    .enum(['refuse', 'wait'])
    .default('refuse')
    .describe(
      'refuse: what depends on the data is skipped at once; wait: the run parks, without a worker, until somebody sends the update release, reject or recheck.',
    ),
  waitSeconds: z
    .number()
    .positive()
    .optional()
    .describe('Longest wait for a decision, in seconds, after which the data are refused; for ever by default.'),
  quarantine: z
    .enum(['split', 'tag', 'drop'])
    .optional()
    .describe(
      'What becomes of rows that fail a check of rows of severity error, instead of refusing the data: split writes them to a dataset of their own, tag lets all rows go on with the names of the failed checks in the column _failed_checks, drop counts them alone. Without it the data are refused.',
    ),
  quarantineDataset: nameField
    .optional()
    .describe(
      'Dataset that gets the failing rows of split, with the column _failed_checks; by default that of the input with -quarantine at its end.',
    ),
});

export const trainStepSchema = z.strictObject({
  type: z.literal('train').describe('Trains a model in a process of its own.'),
  ...working,
  trainer: trainerSchema.describe('How the trainer is started.'),
  inputs: z.record(identifierField, dataInputSchema).describe('Inputs by the name that the trainer sees.'),
  model: nameField.describe('Name of the model.'),
  params: z.record(z.string(), jsonField).default({}).describe('Parameters for the trainer.'),
  seed: z.int().nonnegative().default(0).describe('Seed of every random choice.'),
  parityTolerance: z
    .number()
    .positive()
    .default(1e-5)
    .describe('Greatest difference between the trainer’s scores and those of the exported model.'),
  cache: cacheField,
});

export const evaluateStepSchema = z.strictObject({
  type: z.literal('evaluate').describe('Compares a trained model with the champion on the same rows.'),
  ...working,
  model: nameField.describe('Train step whose model is the challenger.'),
  on: dataInputSchema.describe('Rows to evaluate on.'),
  label: z.string().min(1).describe('Column with the truth: true or false, 1 or 0.'),
  champion: nameField.default('champion').describe('Alias of the model to compare with.'),
  gate: evaluationGateSchema.prefault({}).describe('When the challenger passes.'),
});

export const registerStepSchema = z.strictObject({
  type: z.literal('register').describe('Gives a trained model a version number and an alias.'),
  ...common,
  model: nameField.describe('Train step whose model is registered.'),
  evaluation: nameField.optional().describe('Evaluate step that must have passed, or been forced.'),
  alias: nameField.default('challenger').describe('Alias that is moved to the version.'),
});

export const deployStepSchema = z.strictObject({
  type: z
    .literal('deploy')
    .describe('Moves an endpoint’s traffic to a registered version, step by step; then the alias champion follows.'),
  ...working,
  endpoint: nameField.describe('Endpoint whose traffic moves.'),
  model: nameField.describe('Register step whose version is released.'),
  rollout: rolloutSpecSchema.prefault({}).describe('Steps and judgement.'),
});

export const activityStepSchema = z.strictObject({
  type: z.literal('activity').describe('Calls an activity of the project.'),
  ...working,
  activity: identifierField.describe('Name of the activity in millrace.config.ts.'),
  input: z.record(z.string(), jsonField).default({}).describe('Given to the activity as `input`.'),
  role: z
    .enum(['data', 'training', 'rollout', 'orchestration'])
    .default('data')
    .describe('Role of the worker that runs it.'),
  cache: cacheField,
});

export const commandStepSchema = z.strictObject({
  type: z.literal('command').describe('Runs a program.'),
  ...working,
  command: z
    .array(z.string())
    .min(1)
    .describe(
      'Program and arguments; no shell takes them apart. The last line that it writes to standard output is the value of the step, as JSON where it is JSON. Exit code 75: it is tried again.',
    ),
  directory: z.string().min(1).default('.').describe('Folder it is started in; relative to the project’s folder.'),
  env: z
    .record(identifierField, z.string())
    .default({})
    .describe(
      'Further variables; a value `secret:NAME` is what the reference stands for. It also has MILLRACE_PARTITION_KEY, _START and _END, MILLRACE_PIPELINE, MILLRACE_STEP and MILLRACE_RUN_ID, which is the same for each attempt.',
    ),
  role: z
    .enum(['data', 'training', 'rollout', 'orchestration'])
    .default('data')
    .describe('Role of the worker that runs it.'),
  cache: cacheField,
});

export const approveStepSchema = z.strictObject({
  type: z.literal('approve').describe('Waits, without a worker, until somebody approves or rejects.'),
  ...common,
  message: z.string().min(1).max(1000).describe('What is to be approved; shown to whoever decides.'),
  allowed: z
    .array(actorField)
    .min(1)
    .optional()
    .describe(
      'Who may decide: names as decisions give them in `by`, and groups of the configuration, as in `group:ml-leads`; anybody by default.',
    ),
  fields: z
    .record(identifierField, approvalFieldSchema)
    .default({})
    .describe('What an approval has to say besides; its values are the output of the step.'),
  waitSeconds: z.number().positive().optional().describe('Longest wait, in seconds; for ever by default.'),
  onTimeout: z.enum(['approve', 'reject']).default('reject').describe('What it means that nobody decided in time.'),
});

/** One node of a pipeline. */
export const stepSchema = z.discriminatedUnion('type', [
  ingestStepSchema,
  transformStepSchema,
  checkStepSchema,
  trainStepSchema,
  evaluateStepSchema,
  registerStepSchema,
  deployStepSchema,
  activityStepSchema,
  commandStepSchema,
  approveStepSchema,
]);

/** A step as it is written: any field may be a reference `{{ params.NAME }}`, so its fields are judged when values are put in. */
export const stepTemplateSchema = z.looseObject({
  type: z.enum(stepSchema.options.map((option) => option.shape.type.value)).describe('Type of the step.'),
});

export type StepTemplate = z.infer<typeof stepTemplateSchema>;
export type DatasetInput = z.infer<typeof datasetInputSchema>;
export type DataInput = z.infer<typeof dataInputSchema>;
export type IngestStep = z.infer<typeof ingestStepSchema>;
export type TransformStep = z.infer<typeof transformStepSchema>;
export type CheckStep = z.infer<typeof checkStepSchema>;
export type TrainStep = z.infer<typeof trainStepSchema>;
export type EvaluateStep = z.infer<typeof evaluateStepSchema>;
export type RegisterStep = z.infer<typeof registerStepSchema>;
export type DeployStep = z.infer<typeof deployStepSchema>;
export type ApproveStep = z.infer<typeof approveStepSchema>;
export type ActivityStep = z.infer<typeof activityStepSchema>;
export type CommandStep = z.infer<typeof commandStepSchema>;
export type Step = z.infer<typeof stepSchema>;
/** A step that may need a place in a pool. */
export type PooledStep = Pick<CommandStep, 'pool'>;
export type StepType = Step['type'];
