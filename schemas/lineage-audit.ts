import { z } from 'zod';
import { actorField, digestField, instantField } from './fields.js';

/** A change of state by a person or a service. */
export const auditEntrySchema = z.strictObject({
  sequence: z.int().positive().describe('Number of the event.'),
  at: instantField.describe('When it happened, in the writer’s words.'),
  actor: actorField.describe('Who did it.'),
  action: z
    .string()
    .describe(
      'What: start, force, checks_off, publish, register, alias, traffic, promote, roll_back, pin, hold, taint, remove, repair, or what the writer called it.',
    ),
  target: z.string().describe('What it was done to.'),
  reason: z.string().describe('Why.'),
  runId: z.string().nullable().describe('Run in which it was done.'),
  hash: z.string().describe('Hash of its link in the chain.'),
});

/** Answer of `GET /api/v1/audit`. */
export const auditResponseSchema = z.strictObject({
  entries: z.array(auditEntrySchema).describe('A page of entries, newest first.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});

/** Answer of `GET /api/v1/audit/verify`. */
export const auditVerificationSchema = z.strictObject({
  ok: z.boolean().describe('Whether everything is as it was recorded.'),
  events: z.int().nonnegative().describe('Events that were gone through.'),
  checkpoints: z.int().nonnegative().describe('Checkpoints whose signature is right.'),
  stored: z
    .int()
    .nonnegative()
    .nullable()
    .describe('Checkpoints that the object store has as well; null: the owner was given none.'),
  signedUpTo: z.int().nonnegative().describe('Number of the last event that a checkpoint covers.'),
  fingerprint: digestField.describe('SHA-256 of the public key; compare it with the one that you keep elsewhere.'),
  keys: z
    .array(
      z.strictObject({
        fingerprint: digestField.describe('SHA-256 of the public key.'),
        until: instantField.nullable().describe('What it signed later does not count; null: it signs now.'),
        checkpoints: z.int().nonnegative().describe('Checkpoints that it signed.'),
      }),
    )
    .describe('Keys that checkpoints may be signed with, in the order in which they took over.'),
  head: digestField.describe('Hash of the newest link.'),
  problemCount: z.int().nonnegative().describe('Problems found.'),
  problems: z
    .array(
      z.strictObject({
        sequence: z
          .int()
          .nullable()
          .describe('Number of the event; null: it is about a checkpoint, or a table as a whole.'),
        problem: z
          .enum(['changed', 'removed', 'inserted', 'checkpoint', 'projection'])
          .describe('What was done; `projection`: a table that answers are read from is not what the events say.'),
        message: z.string().describe('The same in words.'),
      }),
    )
    .describe('The first hundred of them.'),
});

/** Answer of `POST /api/v1/admin/checkpoint`. */
export const checkpointResponseSchema = z.strictObject({
  checkpoint: z
    .strictObject({
      number: z.int().positive().describe('Number.'),
      sequence: z.int().nonnegative().describe('Last event that it covers.'),
      hash: digestField.describe('Hash of that event’s link.'),
    })
    .nullable()
    .describe('The new checkpoint; null: nothing was recorded since the last.'),
  fingerprint: digestField.describe('SHA-256 of the public key.'),
});

export type AuditEntry = z.infer<typeof auditEntrySchema>;
export type AuditResponse = z.infer<typeof auditResponseSchema>;
export type AuditVerification = z.infer<typeof auditVerificationSchema>;
