import { z } from 'zod';
import { cronField } from './cron.js';
import { identifierField, instantField, nameField } from './fields.js';
import { staticKeysField } from './partition-key.js';
import { timezoneField } from './timezone.js';

const bounds = {
  timezone: timezoneField.default('UTC').describe('IANA name of the time zone in which partitions begin and end.'),
  start: z.string().optional().describe('Key of the first partition; none before it is accepted.'),
  end: z.string().optional().describe('Key of the last partition; none after it is accepted.'),
};

const calendarPartitionsSchema = z.strictObject({
  kind: z.enum(['hourly', 'daily', 'weekly', 'monthly']).describe('Length of a partition; weeks start on Monday.'),
  ...bounds,
});

const cronPartitionsSchema = z.strictObject({
  kind: z.literal('cron').describe('From one time of a cron expression to the next; keys as in `2001-03-01T06:30`.'),
  cron: cronField.describe(
    'When partitions begin: minute, hour, day of the month, month, day of the week. A time that clocks skip comes when they have jumped, one that they show twice comes once.',
  ),
  ...bounds,
});

const staticPartitionsSchema = z.strictObject({
  kind: z.literal('static').describe('A fixed set of keys, such as regions.'),
  keys: staticKeysField.describe(
    'The keys, each once: 1 to 200 characters, without `/`, `\\`, `|`, `@`, `..` and what cannot be seen.',
  ),
});

const dynamicPartitionsSchema = z.strictObject({
  kind: z
    .literal('dynamic')
    .describe('A set of keys that changes while things run, such as customers; see `millrace partitions`.'),
  set: nameField.describe('Name of the set. Pipelines that name the same set have the same keys.'),
});

const dimensionSchema = z.discriminatedUnion('kind', [
  calendarPartitionsSchema,
  cronPartitionsSchema,
  staticPartitionsSchema,
  dynamicPartitionsSchema,
]);

/** Combinations of the keys of two static sets at most. */
const MOST_COMBINATIONS = 250_000;

const productPartitionsSchema = z.strictObject({
  kind: z
    .literal('product')
    .describe('Each combination of two sets of keys, such as days and regions; keys as in `2001-03-01|north`.'),
  dimensions: z
    .record(identifierField, dimensionSchema)
    .refine((dimensions) => Object.keys(dimensions).length === 2, 'must be two dimensions')
    .refine(
      (dimensions) => Object.values(dimensions).filter(isOfTime).length <= 1,
      'at most one dimension may be of time',
    )
    .refine(
      (dimensions) =>
        Object.values(dimensions).reduce(
          (product, one) => product * (one.kind === 'static' ? one.keys.length : 1),
          1,
        ) <= MOST_COMBINATIONS,
      `must have at most ${MOST_COMBINATIONS} combinations of keys`,
    )
    .describe('The dimensions by name, in the order of their parts in the key.'),
});

/** How a pipeline’s data is cut. Windows are half-open and lie in the time zone, so a day may have 23 or 25 hours. */
export const partitionsSchema = z.discriminatedUnion('kind', [
  calendarPartitionsSchema,
  cronPartitionsSchema,
  staticPartitionsSchema,
  dynamicPartitionsSchema,
  productPartitionsSchema,
  z.strictObject({
    kind: z.literal('none').describe('The data is one whole; its only key is `all`.'),
  }),
]);

/** A partition key and its window; keys that are not times have no window. */
export const partitionWindowSchema = z.strictObject({
  key: z
    .string()
    .min(1)
    .describe('The key, as in `2001-03-01`, `2001-03-01T05`, `2001-W09`, `2001-03` or a static key.'),
  start: instantField.optional().describe('First instant of the window.'),
  end: instantField.optional().describe('First instant after the window.'),
});

/** Partitions as a pipeline declares them. The keys of a dynamic set are not known from that alone. */
export type DeclaredPartitions = z.infer<typeof partitionsSchema>;
type DeclaredDimension = z.infer<typeof dimensionSchema>;

/** A set of keys that may be one of two dimensions. */
export type Dimension = Exclude<DeclaredDimension, { kind: 'dynamic' | 'static' }> | KnownKeys;

/** A static set, or the keys that a dynamic one was found to have. */
export interface KnownKeys {
  kind: 'static';
  keys: readonly string[];
  /** Name of the dynamic set that they are of. */
  set?: string;
}

/** Partitions whose keys are all known: what has a dynamic set is turned into this where work begins. */
export type Partitions =
  | Exclude<DeclaredPartitions, { kind: 'dynamic' | 'static' | 'product' }>
  | KnownKeys
  | { kind: 'product'; dimensions: Record<string, Dimension> };
export type PartitionWindow = z.infer<typeof partitionWindowSchema>;

function isOfTime({ kind }: { kind: DeclaredDimension['kind'] }): boolean {
  return kind !== 'static' && kind !== 'dynamic';
}
