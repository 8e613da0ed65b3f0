import { z } from 'zod';
import { instantField } from './fields.js';

/** How a pipeline’s data is cut. Windows are half-open and lie in the time zone, so a day may have 23 or 25 hours. */
export const partitionsSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum(['hourly', 'daily', 'weekly', 'monthly']).describe('Length of a partition; weeks start on Monday.'),
    timezone: z.string().default('UTC').describe('IANA name of the time zone in which partitions begin and end.'),
    start: z.string().optional().describe('Key of the first partition; none before it is accepted.'),
    end: z.string().optional().describe('Key of the last partition; none after it is accepted.'),
  }),
  z.strictObject({
    kind: z.literal('static').describe('A fixed set of keys, such as regions.'),
    keys: z.array(z.string().min(1)).min(1).describe('The keys.'),
  }),
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
export type PartitionWindow = z.infer<typeof partitionWindowSchema>;
