import { z } from 'zod';
import { cacheModeField } from './cache.js';
import { actorField, digestField, identifierField, instantField, nameField } from './fields.js';
import { qualityReportSchema, reportDocumentsSchema } from './quality-report.js';

/** Runs that a backfill has under way at most; Temporal is comfortable with this many pending children. */
export const GREATEST_WINDOW = 500;

/** Partitions of one backfill at most: it carries a letter for each, and making a plan of them takes seconds of a worker. */
export const GREATEST_RANGE = 250_000;

/** Partitions that a result lists itself; more are in the object store, because payloads are small. */
export const LISTED_PARTITIONS = 1_000;

/** Priority of a run that nobody gave one. Temporal has 1 (first) to 5 (last). */
export const ORDINARY_PRIORITY = 3;

const maxActiveField = z.int().min(1).max(GREATEST_WINDOW);
const priorityField = z.int().min(1).max(5);

/** Keys that a backfill names one by one at most, and their characters: they are part of a payload. */
const MOST_KEYS = 10_000;
const MOST_KEY_CHARACTERS = 500_000;

const fields = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  from: z.string().min(1).optional().describe('Key of the first partition, as in `2001-03-01`.'),
  to: z
    .string()
    .min(1)
    .optional()
    .describe(`Key of the last partition; it is included. A range has at most ${GREATEST_RANGE} partitions.`),
  keys: z
    .array(z.string().min(1))
    .min(1)
    .max(MOST_KEYS)
    .refine(
      (keys) => keys.reduce((sum, key) => sum + key.length, 0) <= MOST_KEY_CHARACTERS,
      `must have at most ${MOST_KEY_CHARACTERS} characters in all`,
    )
    .optional()
    .describe(
      'Keys of the partitions, instead of a range. Without a range and keys, all of a static or dynamic set are meant.',
    ),
  reprocess: z
    .enum(['missing', 'failed', 'stale', 'all'])
    .default('missing')
    .describe(
      'Which partitions run. missing: those that never ran; failed: also those whose last run did not succeed; stale: also those whose result is out of date; all: every one.',
    ),
  maxActive: maxActiveField.default(10).describe('Runs under way at once.'),
  batchSize: z
    .int()
    .min(1)
    .max(GREATEST_WINDOW)
    .default(GREATEST_WINDOW)
    .describe(
      'Runs that are started before the workflow continues as new, so that its history stays small. Only tests and very large results need less.',
    ),
  order: z.enum(['forward', 'backward']).default('forward').describe('Oldest first, or newest first.'),
  params: z
    .record(identifierField, z.union([z.string(), z.number(), z.boolean()]))
    .default({})
    .describe('Values of parameters, the same for every run.'),
  priority: priorityField
    .default(5)
    .describe(
      'Priority of the runs, 1 (first) to 5 (last); a nightly run has 3. One of the runs always has 3, so that a backfill is never starved.',
    ),
  checks: z
    .union([
      z.enum(['each', 'atEnd'], { error: 'must be "each", "atEnd" or {"off": "the reason"}' }),
      z.strictObject({ off: z.string().min(3).max(500).describe('Why; it is on record with each run.') }),
    ])
    .default('each')
    .describe(
      'each: the checks of the pipeline in each run; atEnd: runs without its check steps, whose suites judge all partitions of the range together once the runs have ended; {"off": "reason"}: runs without them. What ran without them is out of date: `stale` runs it again, with checks.',
    ),
  version: z
    .enum(['latest', 'as-run'])
    .default('latest')
    .describe(
      'latest: each partition runs with the pipeline as it is now; as-run: with the steps, parameters and code of its own last run. A partition without one refuses the backfill.',
    ),
  cache: cacheModeField
    .optional()
    .describe(
      'How the runs use what others computed: use, refresh or off, as in a run. By default use, and refresh with `reprocess: all`, which is asked for when results are not to be trusted.',
    ),
  dryRun: z.boolean().default(false).describe('Whether the plan is the result, and nothing runs.'),
  planHash: digestField
    .optional()
    .describe(
      'Hash of a plan that was looked at: if another plan would be made now, nothing runs, and the difference is shown.',
    ),
  stopAfterFailures: z
    .int()
    .positive()
    .optional()
    .describe('Failed runs after which no more are started; without it failures never stop the rest.'),
  requestedBy: actorField.default('unknown').describe('Who asked.'),
  reason: z.string().min(3).max(500).optional().describe('Why; it is on record.'),
});

/** A range has both ends, and is none where keys are named. Told together with what else is wrong. */
function withRange<S extends z.ZodObject<typeof fields.shape>>(schema: S): S {
  const when = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null;
  return schema
    .refine(({ from, to, keys }) => keys === undefined || (from === undefined && to === undefined), {
      ...{ path: ['keys'], message: 'must not be given together with from and to', when },
    })
    .refine(({ from, to, keys }) => keys !== undefined || to === undefined || from !== undefined, {
      ...{ path: ['from'], message: 'must be given where to is', when },
    })
    .refine(({ from, to, keys }) => keys !== undefined || from === undefined || to !== undefined, {
      ...{ path: ['to'], message: 'must be given where from is', when },
    });
}

/** Input of the workflow `backfill`: one object, as the Temporal UI sends it. */
export const backfillInputSchema = withRange(fields);

/** What a plan does about a partition. */
export const planActionField = z
  .enum(['run', 'reuse', 'skip'])
  .describe('run: it is run, or joined if it is under way; reuse: its result holds; skip: it is left as it is.');

/** Why. */
export const planReasonField = z
  .enum([
    'never_ran',
    'under_way',
    'failed_before',
    'refused_before',
    'specification_changed',
    'inputs_changed',
    'up_to_date',
    'not_complete',
  ])
  .describe(
    'never_ran, under_way, failed_before, refused_before (also a canary that was taken back): its last run; specification_changed: it ran with other steps or parameters; inputs_changed: what it read has a newer version; up_to_date: its result is what a run would give; not_complete: its window has not ended yet.',
  );

/** What became of a partition. */
export const partitionOutcomeField = z
  .enum(['planned', 'succeeded', 'refused', 'rolled_back', 'failed', 'cancelled', 'not_started', 'reused', 'skipped'])
  .describe(
    'The verdict of its run; cancelled: it or its run was cancelled; not_started: the backfill ended first; skipped: it was left as it is, or its key was removed from its set after the plan was made; planned: it would run, in a dry run.',
  );

/** One letter for the state of a partition that runs: a hundred thousand of them are carried as one text. */
export const OUTCOME_LETTERS = {
  '.': 'planned',
  s: 'succeeded',
  r: 'refused',
  b: 'rolled_back',
  f: 'failed',
  c: 'cancelled',
  n: 'not_started',
  k: 'skipped',
} as const satisfies Record<string, z.infer<typeof partitionOutcomeField>>;

/** A partition in the result of a backfill. */
export const backfillPartitionSchema = z.strictObject({
  partition: z.string().describe('Key.'),
  action: planActionField,
  reason: planReasonField,
  outcome: partitionOutcomeField,
  code: z
    .string()
    .nullable()
    .describe('Reason or error code of a run that did not succeed; kept for the first 500 of them.'),
  message: z.string().nullable().describe('The same in words.'),
});

/** What a backfill is going to do. */
export const planSummarySchema = z.strictObject({
  hash: digestField.describe('SHA-256 of the plan: equal plans have equal hashes.'),
  uri: z.string().describe('The whole plan as JSON in the object store.'),
  partitions: z.int().nonnegative().describe('Partitions in the range.'),
  run: z.int().nonnegative().describe('Partitions that run.'),
  reuse: z.int().nonnegative().describe('Partitions whose result holds.'),
  skip: z.int().nonnegative().describe('Partitions that are left as they are.'),
  reasons: z.partialRecord(planReasonField, z.int().positive()).describe('Partitions by reason.'),
  expectedRows: z
    .int()
    .nonnegative()
    .nullable()
    .describe(
      'Rows that the runs are going to write, from earlier versions of their datasets; null: nothing is known.',
    ),
  expectedMs: z
    .int()
    .nonnegative()
    .nullable()
    .describe(
      'Time that it is going to take with `maxActive` runs at once, from earlier runs; null: nothing is known.',
    ),
});

/** What the checks at the end of a backfill found, for one check step of the pipeline. */
export const backfillCheckSchema = z.strictObject({
  step: nameField.describe('Check step.'),
  dataset: nameField.describe('Dataset whose published partitions in the range were judged together.'),
  versions: z.int().positive().describe('How many they were.'),
  rows: z.int().nonnegative().describe('Rows of all of them.'),
  verdict: qualityReportSchema.shape.verdict,
  failing: z.array(z.string()).describe('Names of the checks that failed or could not run.'),
  report: reportDocumentsSchema.pick({ html: true, json: true }).describe('Where the report is.'),
});

const about = {
  range: z.string().describe('What it is about, as in its id: `FROM..TO`, `all`, or its keys.'),
  from: z.string().optional().describe('Key of the first partition, where a range was asked for.'),
  to: z.string().optional().describe('Key of the last partition, where a range was asked for.'),
};

/** Result of the workflow `backfill`. */
export const backfillResultSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  ...about,
  verdict: z
    .enum(['planned', 'succeeded', 'refused', 'incomplete', 'stopped', 'cancelled'])
    .describe(
      'planned: a dry run; succeeded: every run did; refused: every run did, but the checks at the end did not pass; incomplete: some runs did not; stopped: after too many failures; cancelled: by somebody.',
    ),
  message: z.string().describe('The same in words.'),
  plan: planSummarySchema,
  counts: z.partialRecord(partitionOutcomeField, z.int().positive()).describe('Partitions by outcome.'),
  partitions: z
    .array(backfillPartitionSchema)
    .nullable()
    .describe(`Every partition with its outcome, oldest first; null if there are more than ${LISTED_PARTITIONS}.`),
  partitionsUri: z
    .string()
    .nullable()
    .describe('The same as JSON in the object store, where the list is too long for a payload.'),
  checks: z
    .array(backfillCheckSchema)
    .optional()
    .describe('What the checks at the end found; given with `checks: "atEnd"` alone.'),
  durationMs: z.number().nonnegative().describe('Time from start to end.'),
});

/** A run that did not succeed. */
export const backfillFailureSchema = z.strictObject({
  partition: z.string().describe('Key.'),
  code: z.string().describe('Reason or error code.'),
  message: z.string().describe('The same in words.'),
  workflowId: z.string().describe('Workflow of the run.'),
});

/** Result of the query `progress` of a backfill. */
export const backfillProgressSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  ...about,
  phase: z.enum(['planning', 'running', 'paused', 'stopping', 'ended']).describe('What it is doing.'),
  pausedBy: actorField.nullable().describe('Who paused it.'),
  maxActive: maxActiveField.describe('Runs at once.'),
  priority: priorityField.describe('Priority of runs that are started from now on.'),
  planned: z.int().nonnegative().describe('Partitions that run.'),
  waiting: z.int().nonnegative().describe('Partitions that have not begun.'),
  running: z.int().nonnegative().describe('Runs under way.'),
  joined: z.int().nonnegative().describe('Runs under way that somebody else had started.'),
  outcomes: z
    .partialRecord(partitionOutcomeField, z.int().positive())
    .describe('Partitions that have ended, by outcome.'),
  perMinute: z
    .number()
    .nonnegative()
    .nullable()
    .describe('Runs that end in a minute, of late; null until two have ended.'),
  expectedEnd: instantField.nullable().describe('When it will be done at this rate.'),
  active: z.array(z.string()).describe('Partitions under way, at most 20.'),
  failures: z.array(backfillFailureSchema).describe('The last runs that did not succeed, newest first, at most 10.'),
});

/** What the workflow keeps when it continues as new. */
export const backfillStateSchema = z.strictObject({
  plan: planSummarySchema,
  startedAt: instantField,
  outcomes: z.string().describe('One letter a partition that runs, in the order of the plan.'),
  active: z.array(
    z.strictObject({ position: z.int(), partition: z.string(), owned: z.boolean(), ordinary: z.boolean() }),
  ),
  notes: z
    .array(z.tuple([z.int(), z.string(), z.string()]))
    .describe('Position, code and message of what did not succeed.'),
  failures: z.array(backfillFailureSchema),
  ends: z
    .array(z.number())
    .describe('When the last runs ended, in milliseconds; before fifty have, when the first began.'),
  failed: z.int().nonnegative().describe('Failed runs since the start or the last retryFailed.'),
  pausedBy: actorField.nullable(),
  maxActive: maxActiveField,
  priority: priorityField,
  stop: z.strictObject({ verdict: z.enum(['stopped', 'cancelled']), message: z.string() }).nullable(),
});

/** What the workflow takes: the input, and when it continues as new what it has done so far. */
export const backfillContinuationSchema = withRange(
  fields.extend({
    carried: backfillStateSchema
      .optional()
      .describe('Set by the workflow itself when it continues as new; leave it out.'),
  }),
);

/** Input of a backfill that repairs what was recalled. */
export const repairBackfillSchema = fields.pick({ pipeline: true, from: true, to: true, keys: true, reprocess: true });

const who = {
  by: actorField.default('unknown').describe('Who asked.'),
  reason: z.string().min(3).max(500).optional().describe('Why; it is on record.'),
};

/** Inputs of the updates of `backfill`: each takes one object. */
export const backfillUpdateSchemas = {
  pause: z.strictObject(who),
  resume: z.strictObject(who),
  setMaxActive: z.strictObject({ maxActive: maxActiveField.describe('Runs at once.'), ...who }),
  setPriority: z.strictObject({
    priority: priorityField.describe('Priority of runs that are started from now on.'),
    ...who,
  }),
  retryFailed: z.strictObject(who),
  cancelPartition: z.strictObject({ partition: z.string().min(1).describe('Key.'), ...who }),
  cancel: z.strictObject({
    running: z
      .enum(['finish', 'stop'])
      .default('finish')
      .describe('Whether runs under way come to their end, or are cancelled. Joined runs are never cancelled.'),
    ...who,
  }),
};

export type BackfillInput = z.infer<typeof backfillInputSchema>;
/** A backfill as somebody asks for it. */
export type BackfillRequest = z.input<typeof backfillInputSchema>;
export type PlanAction = z.infer<typeof planActionField>;
export type PlanReason = z.infer<typeof planReasonField>;
export type PartitionOutcome = z.infer<typeof partitionOutcomeField>;
export type BackfillPartition = z.infer<typeof backfillPartitionSchema>;
export type PlanSummary = z.infer<typeof planSummarySchema>;
export type BackfillResult = z.infer<typeof backfillResultSchema>;
export type BackfillCheck = z.infer<typeof backfillCheckSchema>;
export type BackfillFailure = z.infer<typeof backfillFailureSchema>;
export type BackfillProgress = z.infer<typeof backfillProgressSchema>;
export type BackfillContinuation = z.infer<typeof backfillContinuationSchema>;
export type OutcomeLetter = keyof typeof OUTCOME_LETTERS;
export type BackfillState = z.infer<typeof backfillStateSchema>;
/** Names of the updates of `backfill`. */
export type BackfillUpdate = keyof typeof backfillUpdateSchemas;
/** What somebody sends with an update. */
export type BackfillUpdateInput<U extends BackfillUpdate> = z.input<(typeof backfillUpdateSchemas)[U]>;
