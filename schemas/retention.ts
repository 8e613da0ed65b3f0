import { z } from 'zod';
import { datasetVersionRefSchema } from './dataset.js';
import { instantField, nameField } from './fields.js';

/** How long versions of a dataset are kept that nothing needs. */
export const retentionClassSchema = z
  .strictObject({
    keepFor: z
      .string()
      .regex(/^[1-9]\d*(h|d)$/, 'must be hours or days, as in 12h or 90d')
      .optional()
      .describe('Kept for this long after it was last written or published, as in `90d`.'),
    keepLast: z.int().positive().optional().describe('The newest so many versions of each partition are kept.'),
    published: z
      .enum(['keep', 'expire'])
      .default('keep')
      .describe(
        'keep: the version that is read for a partition always stays; expire: it goes as any other, and the partition with it.',
      ),
  })
  .refine(({ keepFor, keepLast }) => keepFor !== undefined || keepLast !== undefined, {
    message: 'must say keepFor, keepLast or both',
  });

/** Retention of a project: datasets that have no class are kept for ever. */
export const retentionSchema = z
  .strictObject({
    classes: z.record(nameField, retentionClassSchema).default({}).describe('Classes by name.'),
    datasets: z.record(nameField, nameField).default({}).describe('Class by dataset.'),
  })
  .superRefine(({ classes, datasets }, context) => {
    for (const [dataset, name] of Object.entries(datasets)) {
      if (Object.hasOwn(classes, name)) continue;
      context.addIssue({ code: 'custom', path: ['datasets', dataset], message: `there is no class "${name}"` });
    }
  });

/** What keeps a version, whatever the class of its dataset says. */
export const retentionNeedField = z
  .enum(['hold', 'pin', 'live_model', 'alias', 'run'])
  .describe(
    'hold, pin: a person said so; live_model: a model that serves an endpoint came of it; alias: a model that an alias stands for did; run: a run that has not ended may read it.',
  );

/** A version, and what is to be known to judge whether it may go. */
export const retentionFactsSchema = z.strictObject({
  ref: datasetVersionRefSchema.describe('The version.'),
  usedAt: instantField.describe('When it was last written or published.'),
  published: z.boolean().describe('Whether it is the version that is read for its partition.'),
  newer: z.int().nonnegative().describe('Versions of the partition that were written or published later.'),
  needs: z
    .array(z.strictObject({ need: retentionNeedField, message: z.string().describe('Who or what, and why.') }))
    .describe('Everything that needs it.'),
});

/** Answer of `GET /api/v1/datasets/{dataset}/retention`. */
export const retentionFactsResponseSchema = z.strictObject({
  versions: z.array(retentionFactsSchema).describe('A page of them, by partition and version.'),
  next: z.string().nullable().describe('Value of `after` for the next page; null: this is the last.'),
});

export type RetentionClass = z.infer<typeof retentionClassSchema>;
export type RetentionNeed = z.infer<typeof retentionNeedField>;
export type RetentionFacts = z.infer<typeof retentionFactsSchema>;
