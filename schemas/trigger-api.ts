import { z } from 'zod';
import { nameField } from './fields.js';
import { triggerEventSchema } from './trigger.js';

const partitionsField = z.array(z.string().min(1)).min(1).max(10_000);

/** Body of `POST /api/v1/triggers/known`. */
export const knownEventsRequestSchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  ids: z.array(triggerEventSchema.shape.id).min(1).max(10_000).describe('Ids of events.'),
});

/** Answer of `POST /api/v1/triggers/known`. */
export const knownEventsResponseSchema = z.strictObject({
  known: z.array(z.string()).describe('Ids of those that ended already.'),
});

/** Body of `POST /api/v1/publications`. */
export const publicationsRequestSchema = z.strictObject({
  datasets: z.array(nameField).min(1).max(1000).describe('Datasets.'),
  after: z.int().nonnegative().nullable().describe('`next` of the answer before; null gives none, and where to begin.'),
});

/** A version that became the one that is read for its partition. */
export const publicationSchema = z.strictObject({
  sequence: z.int().positive().describe('Number of the record.'),
  dataset: nameField.describe('Dataset.'),
  partition: z.string().describe('Partition.'),
  version: z.string().describe('Version.'),
  runId: z.string().describe('Run that published it.'),
});

/** Answer of `POST /api/v1/publications`. */
export const publicationsResponseSchema = z.strictObject({
  publications: z
    .array(publicationSchema)
    .describe('Those that gave a partition another version than it had, oldest first.'),
  next: z.int().nonnegative().describe('Give it as `after` for those that follow.'),
});

const inputSchema = z.strictObject({
  dataset: nameField.describe('Dataset.'),
  partitions: partitionsField.describe('Partitions that the run reads.'),
});

/** Body of `POST /api/v1/publications/lacking`. */
export const lackingRequestSchema = z.strictObject({
  pipeline: nameField.describe('Pipeline.'),
  partition: z.string().min(1).describe('Partition of its run.'),
  inputs: z.array(inputSchema).min(1).max(100).describe('What the run reads.'),
});

/** Answer of `POST /api/v1/publications/lacking`. */
export const lackingResponseSchema = z.strictObject({
  lacking: z
    .array(z.strictObject({ dataset: nameField.describe('Dataset.'), partition: z.string().describe('Partition.') }))
    .describe('Partitions without a version that is newer than the last run.'),
});

export type Publication = z.infer<typeof publicationSchema>;
export type LackingInput = z.infer<typeof inputSchema>;
