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
    .describe('Events put aside since the owner started, because the receiver refused them.'),
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

export type ExportTarget = z.infer<typeof exportTargetSchema>;
export type ExportStatus = z.infer<typeof exportStatusSchema>;
