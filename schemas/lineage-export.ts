import { z } from 'zod';
import { instantField, nameField, secretField } from './fields.js';

/** A receiver of OpenLineage events. */
export const exportTargetSchema = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .describe('Address that events are posted to, as in `http://marquez:5000/api/v1/lineage`.'),
  token: secretField.optional().describe('Reference to a token, sent as `Authorization: Bearer`.'),
  from: z
    .enum(['beginning', 'now'])
    .default('beginning')
    .describe('What a new receiver gets: everything that is on record, or what comes from now on.'),
  timeoutSeconds: z.number().positive().default(10).describe('Longest wait for an answer, in seconds.'),
  giveUpAfterSeconds: z
    .number()
    .positive()
    .default(3600)
    .describe(
      'How long an event is tried again that is answered with a server error (5xx), in seconds; then it is put aside. A receiver that does not answer at all is waited for without end.',
    ),
});

/** How far a receiver is. */
export const exportStatusSchema = z.strictObject({
  name: nameField.describe('Name of the receiver in the configuration.'),
  url: z.string().describe('Address that events are posted to.'),
  state: z
    .enum(['up_to_date', 'sending', 'waiting'])
    .describe('waiting: the last attempt failed, another will be made.'),
  sent: z.int().nonnegative().describe('Number of the last record that was told.'),
  behind: z.int().nonnegative().describe('Records that came after it.'),
  refused: z
    .int()
    .nonnegative()
    .describe('Events put aside because the receiver refused them, until it takes them when they are sent again.'),
  deadLetters: z.string().describe('File with what was put aside, on the owner’s machine.'),
  lastError: z
    .strictObject({ message: z.string().describe('What went wrong.'), at: instantField.describe('When.') })
    .nullable()
    .describe('Of the last attempt that failed; null once events go through again.'),
});

/** Answer of `GET /api/v1/exports`. */
export const exportsResponseSchema = z.strictObject({
  exports: z.array(exportStatusSchema).describe('Receivers in the order of the configuration.'),
});

/** An event that was put aside. */
export const deadLetterSummarySchema = z.strictObject({
  at: instantField.describe('When it was put aside.'),
  status: z.int().describe('Status of the receiver’s answer.'),
  answer: z.string().describe('Beginning of the answer.'),
  eventType: z.string().nullable().describe('START, RUNNING, COMPLETE, FAIL or ABORT.'),
  eventTime: z.string().describe('Time of the event.'),
  runId: z.string().describe('Run of the event, as OpenLineage names it.'),
  job: z.string().describe('Job of the event: PIPELINE or PIPELINE.STEP.'),
});

/** Answer of `GET /api/v1/exports/{name}/dead-letters`. */
export const deadLettersResponseSchema = z.strictObject({
  total: z.int().nonnegative().describe('Events that are put aside.'),
  letters: z.array(deadLetterSummarySchema).describe('A page of them, oldest first.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});

/** Body of `POST /api/v1/exports/{name}/resend`. */
export const resendRequestSchema = z.strictObject({
  limit: z.int().min(1).max(1000).default(100).describe('Greatest number of events that are sent.'),
});

/** Answer of `POST /api/v1/exports/{name}/resend`. */
export const resentSchema = z.strictObject({
  accepted: z.int().nonnegative().describe('Events that the receiver took.'),
  refused: z.int().nonnegative().describe('Events that it refused again; they are put aside anew.'),
  left: z.int().nonnegative().describe('Events that wait for the next call.'),
  stopped: z.string().nullable().describe('Why no more were sent, where the receiver did not answer or was busy.'),
});

export type DeadLetterSummary = z.infer<typeof deadLetterSummarySchema>;
export type DeadLetters = z.infer<typeof deadLettersResponseSchema>;
export type Resent = z.infer<typeof resentSchema>;
export type ExportTarget = z.infer<typeof exportTargetSchema>;
export type ExportStatus = z.infer<typeof exportStatusSchema>;
