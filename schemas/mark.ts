import { z } from 'zod';
import { datasetVersionField } from './dataset.js';
import { actorField, digestField, instantField, nameField } from './fields.js';

/** What can be said of data and models, until it is taken back. */
export const markField = z
  .enum(['pin', 'hold', 'taint'])
  .describe(
    'pin: kept whatever retention says, until a time if one is given; hold: the same by law, until it is released; taint: recalled as bad, not to be read or promoted.',
  );

/** What a mark is on. */
export const markedSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('dataset'),
    dataset: nameField.describe('Dataset.'),
    partition: z.string().min(1).nullable().describe('Partition; null: all of the dataset.'),
    version: datasetVersionField.nullable().describe('Version; null: every version, also those to come.'),
  }),
  z.strictObject({
    kind: z.literal('model'),
    model: nameField.describe('Model.'),
    digest: digestField.describe('Digest of the version.'),
  }),
]);

/** A mark that is in force. */
export const markInForceSchema = z.strictObject({
  mark: markField,
  on: z.string().describe('What it was put on: `dataset:NAME[/PARTITION[@VERSION]]` or `model:NAME@DIGEST`.'),
  by: actorField.describe('Who put it there.'),
  reason: z.string().describe('Why.'),
  until: instantField.nullable().describe('When it ends by itself; null: never.'),
  at: instantField.describe('When it was put there.'),
});

/** Answer of `GET /api/v1/marks`. */
export const marksResponseSchema = z.strictObject({
  marks: z.array(markInForceSchema).describe('Marks in force, newest first.'),
});

export type Mark = z.infer<typeof markField>;
export type Marked = z.infer<typeof markedSchema>;
export type MarkInForce = z.infer<typeof markInForceSchema>;

/** What a mark is on, as people write it. */
export function markedName(marked: Marked): string {
  if (marked.kind === 'model') return `model:${marked.model}@${marked.digest}`;
  const { dataset, partition, version } = marked;
  return `dataset:${dataset}${partition === null ? '' : `/${partition}`}${version === null ? '' : `@${version}`}`;
}
