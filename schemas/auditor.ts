import { z } from 'zod';
import { actorField, instantField, nameField } from './fields.js';
import { datasetVersionField } from './dataset.js';

/** The id of the one audit that somebody asks for; those of the schedule have the time appended. */
export const AUDITOR_WORKFLOW_ID = 'auditor';

/** What the auditor goes through, in this order. */
export const AUDITOR_CHECKS = ['ended', 'open', 'running', 'versions', 'endpoints'] as const;

export const auditorCheckField = z
  .enum(AUDITOR_CHECKS)
  .describe(
    'ended: executions that Temporal knows to have ended; open: runs whose end is not on record; running: executions under way; versions: dataset versions; endpoints: canaries.',
  );

/** Input of the workflow `auditor`: one object, as the Temporal UI sends it. */
export const auditorInputSchema = z.strictObject({
  dryRun: z.boolean().default(false).describe('Only says what is missing; writes nothing.'),
  since: instantField
    .optional()
    .describe(
      'Executions that ended before are left out; by default those that the round of the schedule before has seen, and none in a first round.',
    ),
  graceSeconds: z
    .int()
    .nonnegative()
    .default(300)
    .describe('How long an execution may be under way before its beginning has to be on record, in seconds.'),
  lostAfterSeconds: z
    .int()
    .nonnegative()
    .default(3600)
    .describe(
      'A run that Temporal does not know any more is taken for lost when nothing of it was recorded for so many seconds.',
    ),
  requestedBy: actorField.default('unknown').describe('Who asked.'),
});

/** Something that the record lacks, or that nobody looks after. */
export const gapSchema = z.strictObject({
  kind: z
    .enum(['not_on_record', 'end_missing', 'lost', 'not_begun', 'version_without_run', 'abandoned_canary'])
    .describe(
      'not_on_record: an execution that ended, and of which the record knows nothing, or not that it was stopped; end_missing: a run that has ended and is open on record; lost: a run that is open on record, and that Temporal does not know any more; not_begun: an execution that is under way and not on record; version_without_run: a dataset version whose run is not on record; abandoned_canary: a canary that gets traffic and has no rollout.',
    ),
  subject: z.string().describe('Id of the workflow, the dataset version or the endpoint.'),
  runId: z.string().nullable().describe('Run that it is about; null: none.'),
  state: z
    .enum(['repaired', 'repairable', 'open'])
    .describe(
      'repaired: mended, and on the audit record; repairable: it would be, without dryRun; open: a person has to look.',
    ),
  message: z.string().describe('The particulars.'),
});

const count = z.int().nonnegative();

/** How far the auditor is, also the result of its query `progress`. */
export const auditorProgressSchema = z.strictObject({
  dryRun: z.boolean().describe('Whether nothing is written.'),
  check: auditorCheckField.nullable().describe('What is gone through now; null: it has ended.'),
  checked: z.record(auditorCheckField, count).describe('Things that were gone through, by check.'),
  found: count.describe('Gaps found.'),
  repaired: count.describe('Gaps repaired.'),
  open: count.describe('Gaps that a person has to look at.'),
  gaps: z.array(gapSchema).describe('The first hundred of them.'),
});

/** Result of the workflow `auditor`. */
export const auditorResultSchema = auditorProgressSchema.omit({ check: true }).extend({
  verdict: z
    .enum(['clean', 'repaired', 'gaps'])
    .describe('clean: no gap; repaired: all that were found are; gaps: some are left.'),
  message: z.string().describe('The same in words.'),
  since: instantField.nullable().describe('Executions that ended before were left out; null: none were.'),
  until: instantField.describe('When it began: the next round of the schedule goes on from here.'),
  durationMs: z.number().nonnegative().describe('Time from start to end.'),
});

/** What is handed on when the history of an audit has grown long. */
export const auditorContinuationSchema = auditorInputSchema.extend({
  carried: z
    .strictObject({ progress: auditorProgressSchema, until: instantField, cursor: z.string().nullable() })
    .optional()
    .describe('State of the execution before; set by the workflow itself.'),
});

/** Body of `POST /api/v1/gaps/keys`. */
export const knownKeysRequestSchema = z.strictObject({
  keys: z.array(z.string().min(1).max(400)).max(1000).describe('Idempotency keys of records.'),
});

/** Answer of `POST /api/v1/gaps/keys`. */
export const knownKeysResponseSchema = z.strictObject({ known: z.array(z.string()).describe('Those on record.') });

/** A run whose end is not on record. */
export const openRunSchema = z.strictObject({
  runId: z.string().describe('Run.'),
  workflowId: z.string().describe('Id of the workflow.'),
  lastAt: instantField.describe('Time of the newest thing that is on record of it.'),
});

/** Answer of `GET /api/v1/gaps/runs`. */
export const openRunsResponseSchema = z.strictObject({
  runs: z.array(openRunSchema).describe('A page of them, oldest first.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});

/** A dataset version whose run is not on record. */
export const unproducedVersionSchema = z.strictObject({
  dataset: nameField.describe('Dataset.'),
  partition: z.string().describe('Partition.'),
  version: datasetVersionField.describe('Version.'),
  runId: z.string().describe('Run that is said to have written it.'),
  step: z.string().describe('Step of that run.'),
});

/** Answer of `GET /api/v1/gaps/versions`. */
export const unproducedVersionsResponseSchema = z.strictObject({
  checked: count.describe('Versions on record; they are all gone through for the first page.'),
  versions: z.array(unproducedVersionSchema).describe('A page of those whose run is not on record, oldest first.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});

export type AuditorCheck = (typeof AUDITOR_CHECKS)[number];
export type AuditorInput = z.infer<typeof auditorInputSchema>;
export type AuditorRequest = z.input<typeof auditorInputSchema>;
export type AuditorProgress = z.infer<typeof auditorProgressSchema>;
export type AuditorResult = z.infer<typeof auditorResultSchema>;
export type AuditorContinuation = z.infer<typeof auditorContinuationSchema>;
export type Gap = z.infer<typeof gapSchema>;
export type OpenRun = z.infer<typeof openRunSchema>;
export type UnproducedVersion = z.infer<typeof unproducedVersionSchema>;
