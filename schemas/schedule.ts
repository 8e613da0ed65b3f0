import { z } from 'zod';
import { cronField } from './cron.js';
import { actorField, identifierField, instantField, nameField } from './fields.js';
import { lineRulesSchema, type LineRules } from './line.js';
import { runVerdictField } from './run.js';
import { timezoneField } from './timezone.js';

const paramsField = z.record(identifierField, z.union([z.string(), z.number(), z.boolean()]));

/** A year of 366 days: Temporal would cut what is much longer without a word. */
const LONGEST_SECONDS = 366 * 86_400;

/** When a pipeline runs by itself. Each firing runs the partition that its nominal time closes. */
export const scheduleSchema = z
  .strictObject({
    cron: cronField.optional().describe('When it fires: minute, hour, day of the month, month, day of the week.'),
    everySeconds: z
      .int()
      .min(1)
      .max(LONGEST_SECONDS)
      .optional()
      .describe('Instead of `cron`: the time between two firings, in seconds, counted from 1970-01-01T00:00:00Z.'),
    timezone: timezoneField.default('UTC').describe('IANA name of the time zone of `cron`.'),
    overlap: z
      .enum(['skip', 'buffer_one', 'buffer_all', 'newest', 'allow_all'])
      .default('skip')
      .describe(
        'What a firing does while the one before it runs, in Temporal’s words where it has one. skip: nothing; buffer_one: waits, one at most; buffer_all: waits its turn, in the order of their times; newest: waits, and gives way to a newer one that waits too; allow_all: runs beside it.',
      ),
    maxActive: z
      .int()
      .positive()
      .max(500)
      .default(1)
      .describe('How many firings run at once before others wait; more than one with buffer_all and newest alone.'),
    catchUpSeconds: z
      .int()
      .min(10)
      .max(LONGEST_SECONDS)
      .default(86_400)
      .describe(
        'How late a firing may come after an outage of the Temporal server, in seconds; older ones are left out.',
      ),
    jitterSeconds: z
      .int()
      .nonnegative()
      .max(LONGEST_SECONDS)
      .default(0)
      .describe('Greatest random delay of a start, in seconds. The partition does not depend on it.'),
    pauseOnFailure: z
      .boolean()
      .default(false)
      .describe(
        'Whether the schedule pauses when a run fails, so that nobody builds on what is not there. With buffer_all and newest, those that wait do so until it is resumed; else they are left out, as are firings that fall due while it is paused. Not for firings that were triggered by hand with skip and buffer_one, and not with allow_all.',
      ),
    startAt: instantField.optional().describe('No firing before.'),
    endAt: instantField.optional().describe('No firing after.'),
    params: paramsField.default({}).describe('Values of parameters of each run.'),
  })
  .refine(({ cron, everySeconds }) => (cron === undefined) !== (everySeconds === undefined), {
    message: 'either `cron` or `everySeconds` must be given',
    path: ['cron'],
  })
  .refine(
    ({ startAt, endAt }) => startAt === undefined || endAt === undefined || Date.parse(startAt) < Date.parse(endAt),
    { message: 'must come after startAt, or it never fires', path: ['endAt'] },
  )
  .refine(({ overlap, pauseOnFailure }) => !(pauseOnFailure && overlap === 'allow_all'), {
    message: 'has no effect with allow_all: Temporal does not wait for such firings',
    path: ['pauseOnFailure'],
  })
  .refine(({ overlap, maxActive }) => maxActive === 1 || overlap === 'buffer_all' || overlap === 'newest', {
    message: 'has an effect only where firings wait, with `overlap` buffer_all or newest',
    path: ['maxActive'],
  });

/** How the firings of a schedule take turns; undefined where Temporal’s own policy says it all. */
export function lineRulesOf({
  overlap,
  maxActive,
  pauseOnFailure,
}: Pick<Schedule, 'overlap' | 'maxActive' | 'pauseOnFailure'>): LineRules | undefined {
  if (overlap !== 'buffer_all' && overlap !== 'newest') return undefined;
  return { order: overlap === 'newest' ? 'newest' : 'all', maxActive, stopOnFailure: pauseOnFailure };
}

/** Input of the workflow `scheduledFiring`, which a schedule starts. */
export const firingInputSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  params: paramsField.default({}).describe('Values of parameters.'),
  requestedBy: actorField.default('schedule').describe('Who asked.'),
  line: lineRulesSchema.optional().describe('How it takes turns with other firings; by default it waits for none.'),
});

/** Result of the workflow `scheduledFiring`. */
export const firingResultSchema = z.strictObject({
  pipeline: nameField.describe('Name of the pipeline.'),
  nominalTime: instantField.describe('Time at which it was to fire.'),
  runs: z
    .array(
      z.strictObject({
        partition: z.string().describe('Partition.'),
        workflowId: z.string().describe('Workflow of the run.'),
        verdict: runVerdictField,
        reason: z.string().describe('Reason code.'),
      }),
    )
    .describe('Runs that it started or joined.'),
  supersededBy: instantField
    .nullable()
    .describe('Time of the newer firing that it gave way to while it waited; null: it had its turn.'),
});

/** The id of the one schedule of a pipeline. */
export function scheduleId(pipeline: string): string {
  return `schedule/${pipeline}`;
}

export type Schedule = z.infer<typeof scheduleSchema>;
/** A schedule as a pipeline writes it: what has a default may be left out. */
export type ScheduleInput = z.input<typeof scheduleSchema>;
export type FiringInput = z.infer<typeof firingInputSchema>;
export type FiringResult = z.infer<typeof firingResultSchema>;
