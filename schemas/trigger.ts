import { z } from 'zod';
import { actorField, identifierField, instantField, nameField, secretField } from './fields.js';

const paramsField = z.record(identifierField, z.union([z.string(), z.number(), z.boolean()]));

const fieldPath = z
  .string()
  .regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be names joined by ".", as in "data.day"')
  .max(200);

const common = {
  name: nameField.describe('Name of the trigger, unique in its pipeline.'),
  params: paramsField.default({}).describe('Values of parameters of each run.'),
  debounceSeconds: z
    .number()
    .nonnegative()
    .max(86_400)
    .default(0)
    .describe(
      'How long it must be quiet about a partition before its run starts, in seconds: what comes meanwhile is in the same run.',
    ),
  maxWaitSeconds: z
    .number()
    .positive()
    .max(604_800)
    .default(600)
    .describe('Longest time that events which keep coming may put a run off, in seconds.'),
  addPartition: z
    .boolean()
    .optional()
    .describe(
      'Whether a key that the dynamic set of the pipeline does not have is added to it when an event names it. By default such an event is ignored, on record: a mistyped key would stay for ever.',
    ),
  whileRunning: z
    .enum(['queue', 'merge', 'ignore'])
    .default('queue')
    .describe(
      'What becomes of events about a partition whose run is under way. queue: one more run after it, for all of them, since it may have read its inputs already; merge: they count as part of it; ignore: they are dropped, on record.',
    ),
};

export const datasetTriggerSchema = z.strictObject({
  on: z.literal('dataset').describe('A new version of a dataset was published.'),
  ...common,
  datasets: z
    .array(nameField)
    .min(1)
    .max(100)
    .describe('Datasets that are watched. Partitions are mapped to those of the pipeline that they are part of.'),
  require: z
    .enum(['any', 'all'])
    .default('any')
    .describe(
      'any: each new version; all: only once every dataset has, for every partition that the run’s is made of, a version that is newer than the last run.',
    ),
});

export const fileTriggerSchema = z.strictObject({
  on: z.literal('file').describe('A file arrived, or was replaced.'),
  ...common,
  path: z
    .string()
    .min(1)
    .max(1000)
    .regex(/^(?!.*\*\*)/, 'must not have "**" in it')
    .refine((path) => path.split('{partition}').length <= 2, 'must have {partition} at most once')
    .refine(
      (path) => !/\{[^{}/]*\}/.test(path.replace('{partition}', '')),
      'must have no name in braces but {partition}: it would be taken as it stands',
    )
    .refine((path) => !/^s3:\/\/(\/|$)/.test(path), 'must name a bucket, as in s3://BUCKET/KEY')
    .describe(
      'Path, relative to the project’s folder, or `s3://BUCKET/KEY`. `*` stands for anything within a name, `{partition}` for the key of the partition; without it, the last one that is complete is run.',
    ),
  store: nameField
    .optional()
    .describe('Store of kind `s3` with whose address and credentials an `s3://` path is read; `default` by default.'),
  settleSeconds: z
    .number()
    .nonnegative()
    .max(3600)
    .default(5)
    .describe('How long size and time of change must stay the same before a file counts, in seconds.'),
  marker: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^/]+$/, 'must be the name of a file in the same folder')
    .optional()
    .describe(
      'File in the same folder that says that the other is whole, as in `_SUCCESS` or `{name}.done`, where {name} is the other’s; settleSeconds does not matter then.',
    ),
});

export const webhookTriggerSchema = z.strictObject({
  on: z
    .literal('webhook')
    .describe('Somebody sent a signed request to `millrace webhooks`, as Standard Webhooks has it.'),
  ...common,
  secret: secretField.describe('Reference to the key of the signature.'),
  toleranceSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .default(300)
    .describe('How far the time in a request may be from now, in seconds; older requests are refused as repeated.'),
  partitionField: fieldPath
    .optional()
    .describe('Where the body has the key of the partition; without it, the last one that is complete is run.'),
  paramFields: z
    .record(identifierField, fieldPath)
    .default({})
    .describe('Where the body has values of parameters; what it does not have stays at its default.'),
});

export const serviceTriggerSchema = z.strictObject({
  on: z.literal('service').describe('A service called `trigger` of the client.'),
  ...common,
});

/** What makes a pipeline run besides its schedule and people. */
export const triggerSchema = z.discriminatedUnion('on', [
  datasetTriggerSchema,
  fileTriggerSchema,
  webhookTriggerSchema,
  serviceTriggerSchema,
]);

export const TRIGGER_SOURCES = triggerSchema.options.map((option) => option.shape.on.value);

/** Something that happened, for the inbox of a pipeline: takes of its signal `deliver`. */
export const triggerEventSchema = z.strictObject({
  id: z
    .string()
    .min(1)
    .max(200)
    .describe('What tells it from all other events of the pipeline; sent again, it is known and does nothing.'),
  source: z.enum(TRIGGER_SOURCES).describe('Where it comes from.'),
  trigger: nameField.optional().describe('Trigger that it is for; by default the one of its source, if it has one.'),
  subject: z.string().max(400).default('').describe('What it is about, for people.'),
  dataset: nameField.optional().describe('Dataset that has a new version, for events of datasets.'),
  partition: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Partition: of the dataset, else of the pipeline; by default the last one that is complete.'),
  params: paramsField.default({}).describe('Values of parameters; they win over those of the trigger.'),
  requestedBy: actorField.optional().describe('Who asked; by default the trigger.'),
});

/** Input of the client’s method `trigger`. */
export const triggerRequestSchema = triggerEventSchema
  .pick({ trigger: true, subject: true, partition: true, params: true, requestedBy: true })
  .extend({
    pipeline: nameField.describe('Pipeline.'),
    id: triggerEventSchema.shape.id
      .optional()
      .describe(
        'What tells the event from all others of the pipeline, so that it may be sent again; random by default.',
      ),
  });

/** A run that an event led to. */
export const triggeredRunSchema = z.strictObject({
  partition: z.string().describe('Partition.'),
  workflowId: z.string().describe('Workflow of the run.'),
  runId: z.string().nullable().describe('Id of the run; null where another one was under way.'),
});

export const triggerOutcomeField = z
  .enum(['started', 'merged', 'ignored'])
  .describe(
    'started: a run started because of it; merged: it is part of a run that another event started, or that was under way; ignored: nothing came of it.',
  );

/** How an event ended: a line of the ledger. */
export const triggerEntrySchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  id: triggerEventSchema.shape.id,
  trigger: z.string().describe('Trigger.'),
  source: triggerEventSchema.shape.source,
  subject: z.string().describe('What it was about.'),
  receivedAt: instantField.describe('When it was in the inbox.'),
  endedAt: instantField.describe('When it ended.'),
  outcome: triggerOutcomeField,
  runs: z.array(triggeredRunSchema).describe('Runs that it led to.'),
  reason: z.string().describe('Why it was ignored or merged; empty where it started a run.'),
});

/** An event that has not ended. */
export const waitingEventSchema = z.strictObject({
  id: triggerEventSchema.shape.id,
  trigger: z.string().describe('Trigger.'),
  source: triggerEventSchema.shape.source,
  subject: z.string().describe('What it is about.'),
  receivedAt: instantField.describe('When it was in the inbox.'),
  waitsFor: z.string().describe('What it waits for: quiet, the end of a run, other datasets.'),
});

/** Result of the query `waiting` of an inbox. */
export const inboxStatusSchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  watching: z.boolean().describe('Whether datasets or files are watched.'),
  waiting: z.array(waitingEventSchema).describe('Events that have not ended, oldest first.'),
});

/** Answer of `GET /api/v1/triggers`. */
export const triggerLedgerSchema = z.strictObject({
  counts: z.record(triggerOutcomeField, z.int().nonnegative()).describe('Events by outcome, over all pages.'),
  entries: z.array(triggerEntrySchema).describe('Events that ended, newest first.'),
});

/** The id of the one inbox of a pipeline. */
export function inboxWorkflowId(pipeline: string): string {
  return `inbox/${pipeline}`;
}

export type Trigger = z.infer<typeof triggerSchema>;
export type TriggerOf<K extends Trigger['on']> = Extract<Trigger, { on: K }>;
export type TriggerEvent = z.infer<typeof triggerEventSchema>;
export type TriggerRequest = z.input<typeof triggerRequestSchema>;
export type TriggeredRun = z.infer<typeof triggeredRunSchema>;
export type TriggerOutcome = z.infer<typeof triggerOutcomeField>;
export type TriggerEntry = z.infer<typeof triggerEntrySchema>;
export type TriggerLedger = z.infer<typeof triggerLedgerSchema>;
export type WaitingEvent = z.infer<typeof waitingEventSchema>;
export type InboxStatus = z.infer<typeof inboxStatusSchema>;
