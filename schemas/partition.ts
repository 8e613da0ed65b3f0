import { z } from 'zod';
import { cronField } from './cron.js';
import { identifierField, instantField } from './fields.js';

/** Stands between the parts of a key of several dimensions, as in `2001-03-01|north`. */
export const DIMENSION_SEPARATOR = '|';

const bounds = {
  timezone: z.string().default('UTC').describe('IANA name of the time zone in which partitions begin and end.'),
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
  keys: z.array(z.string().min(1)).min(1).describe('The keys.'),
});

const dimensionSchema = z.discriminatedUnion('kind', [
  calendarPartitionsSchema,
  cronPartitionsSchema,
  staticPartitionsSchema,
]);

const productPartitionsSchema = z.strictObject({
  kind: z
    .literal('product')
    .describe('Each combination of two sets of keys, such as days and regions; keys as in `2001-03-01|north`.'),
  dimensions: z
    .record(identifierField, dimensionSchema)
    .refine((dimensions) => Object.keys(dimensions).length === 2, 'must be two dimensions')
    .refine(
      (dimensions) => Object.values(dimensions).filter(({ kind }) => kind !== 'static').length <= 1,
      'at most one dimension may be of time',
    )
    .refine(
      (dimensions) =>
        Object.values(dimensions).every(
          (dimension) =>
            dimension.kind !== 'static' || !dimension.keys.some((key) => key.includes(DIMENSION_SEPARATOR)),
        ),
      `keys must not have a "${DIMENSION_SEPARATOR}" in them`,
    )
    .describe('The dimensions by name, in the order of their parts in the key.'),
});

/** How a pipeline’s data is cut. Windows are half-open and lie in the time zone, so a day may have 23 or 25 hours. */
export const partitionsSchema = z.discriminatedUnion('kind', [
  calendarPartitionsSchema,
  cronPartitionsSchema,
  staticPartitionsSchema,
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

export type Partitions = z.infer<typeof partitionsSchema>;
/** A set of keys that may be one of two dimensions. */
export type Dimension = z.infer<typeof dimensionSchema>;
export type PartitionWindow = z.infer<typeof partitionWindowSchema>;
