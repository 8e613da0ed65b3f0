import { z } from 'zod';
import { actorField, instantField, nameField } from './fields.js';
import { partitionKeyField } from './partition-key.js';

/** Keys of a dynamic set at most: as many as one backfill takes. */
export const GREATEST_SET = 250_000;

/** Keys of one request at most; clients divide longer lists. */
export const KEYS_A_REQUEST = 10_000;

const setField = nameField.describe('Name of the set.');
const keysField = z.array(partitionKeyField).max(KEYS_A_REQUEST);

/** Body of `POST /api/v1/partition-sets/{set}/keys`. */
export const partitionSetChangeSchema = z
  .strictObject({
    id: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('What tells the request from all others, so that it may be sent again; random by default.'),
    add: keysField.default([]).describe('Keys that the set is to have; those that it has already stay as they are.'),
    remove: keysField
      .default([])
      .describe('Keys that the set is not to have. What they have on record, runs and versions, stays.'),
    by: actorField.default('unknown').describe('Who asked.'),
    reason: z.string().max(500).default('').describe('Why; it is on the audit record.'),
  })
  .refine(({ add, remove }) => add.length + remove.length > 0, 'must name at least one key')
  .refine(({ add, remove }) => {
    const added = new Set(add);
    return !remove.some((key) => added.has(key));
  }, 'must not add and remove the same key');

/** Keys as a client is asked to add or remove them, however many; it divides them into requests. */
export const keysToChangeSchema = z.strictObject({
  set: setField,
  keys: z.array(partitionKeyField).min(1, 'must name at least one key'),
  by: actorField.optional(),
  reason: z.string().max(500).optional(),
});

/** Answer to a change. */
export const partitionSetChangedSchema = z.strictObject({
  added: z.int().nonnegative().describe('Keys that the set did not have before.'),
  removed: z.int().nonnegative().describe('Keys that the set had before.'),
  unchanged: z.int().nonnegative().describe('Keys that were as they were to be already.'),
  total: z.int().nonnegative().describe('Keys that the set has now.'),
});

/** A set, and who uses it. */
export const partitionSetSchema = z.strictObject({
  set: setField,
  keys: z.int().nonnegative().describe('Keys that it has.'),
  changedAt: instantField.nullable().describe('When a key was added or removed last; null: never.'),
  pipelines: z
    .array(
      z.strictObject({
        pipeline: nameField.describe('Pipeline.'),
        dimension: z.string().nullable().describe('Its dimension that is this set; null: all of its key is.'),
      }),
    )
    .describe('Pipelines whose partitions are of this set, as workers declared them.'),
});

/** Answer of `GET /api/v1/partition-sets`. */
export const partitionSetsResponseSchema = z.strictObject({
  sets: z
    .array(partitionSetSchema)
    .describe('Sets by name: those that have or had keys, and those that pipelines name.'),
});

/** A key of a set. */
export const partitionSetKeySchema = z.strictObject({
  key: z.string().describe('Key.'),
  addedAt: instantField.describe('When it was added.'),
  addedBy: actorField.describe('Who added it.'),
});

/** Answer of `GET /api/v1/partition-sets/{set}/keys`. */
export const partitionSetKeysSchema = partitionSetSchema.omit({ keys: true }).extend({
  total: z.int().nonnegative().describe('Keys that the set has.'),
  keys: z.array(partitionSetKeySchema).describe('Keys in the order in which they were added.'),
  next: z.string().nullable().describe('Give it as `after` for the page that follows; null: there is none.'),
});

/** Body of `POST /api/v1/partition-sets/{set}/known`. */
export const knownPartitionsRequestSchema = z.strictObject({
  keys: z.array(z.string()).min(1).max(KEYS_A_REQUEST).describe('Keys to look up.'),
});

/** Answer of `POST /api/v1/partition-sets/{set}/known`. */
export const knownPartitionsResponseSchema = z.strictObject({
  known: z.array(z.string()).describe('Those that the set has.'),
  total: z.int().nonnegative().describe('Keys that the set has.'),
});

export type PartitionSet = z.infer<typeof partitionSetSchema>;
export type PartitionSetKeys = z.infer<typeof partitionSetKeysSchema>;
export type PartitionSetChange = z.input<typeof partitionSetChangeSchema>;
export type PartitionSetChanged = z.infer<typeof partitionSetChangedSchema>;
