import { z } from 'zod';
import { instantField } from './fields.js';

/** Events of the OpenLineage specification, version 2-0-2, as far as they are read here; facets are kept as they are. */
const facetSchema = z.looseObject({
  _producer: z.url().describe('What made the facet.'),
  _schemaURL: z.url().describe('Schema of the facet.'),
});
const facetsField = z.record(z.string(), facetSchema).optional().describe('Facets by name.');
const nameText = z
  .string()
  .min(1)
  .max(2000)
  .refine((text) => !/\p{Surrogate}/u.test(text), 'must be Unicode, without half of a surrogate pair');

/** A dataset of somebody else that an ingest step read, as other tools name it too. */
export const sourceDatasetSchema = z.strictObject({
  namespace: z.string().min(1).describe('Namespace, as in `postgres://HOST:PORT`, `s3://BUCKET` or `file`.'),
  name: z.string().min(1).describe('Name within the namespace, as in `DATABASE.SCHEMA.TABLE`, or a path.'),
});
export type SourceDataset = z.infer<typeof sourceDatasetSchema>;

export const openLineageDatasetSchema = z.looseObject({
  namespace: nameText.describe('Namespace of the dataset.'),
  name: nameText.describe('Name within the namespace.'),
  facets: facetsField,
  inputFacets: facetsField,
  outputFacets: facetsField,
});
const jobSchema = z.looseObject({
  namespace: nameText.describe('Namespace of the job.'),
  name: nameText.describe('Name within the namespace.'),
  facets: facetsField,
});
const runSchema = z.looseObject({ runId: z.guid().describe('Id of the run, a UUID.'), facets: facetsField });
const base = {
  eventTime: instantField.describe('When it happened.'),
  producer: z.url().describe('What made the event.'),
  schemaURL: z.url().describe('Schema of the event.'),
};
const datasets = z.array(openLineageDatasetSchema).max(10_000).optional();

/** A run changed its state. */
export const openLineageRunEventSchema = z.looseObject({
  ...base,
  eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']).optional().describe('The change.'),
  run: runSchema,
  job: jobSchema,
  inputs: datasets,
  outputs: datasets,
});
/** What a job reads and writes, without a run. */
export const openLineageJobEventSchema = z.looseObject({
  ...base,
  job: jobSchema,
  inputs: datasets,
  outputs: datasets,
});
/** Metadata of a dataset, without a job. */
export const openLineageDatasetEventSchema = z.looseObject({ ...base, dataset: openLineageDatasetSchema });

/** Body of `POST /api/v1/lineage`. */
export const openLineageEventSchema = z.union([
  openLineageRunEventSchema,
  openLineageJobEventSchema,
  openLineageDatasetEventSchema,
]);

/** Answer of `POST /api/v1/lineage`. */
export const openLineageAcceptedSchema = z.strictObject({
  status: z.enum(['recorded', 'known']).describe('known: the same event was recorded before.'),
});

/** Body of `POST /api/v1/lineage/batch`. */
export const openLineageBatchSchema = z.array(openLineageEventSchema);

/** Answer of `POST /api/v1/lineage/batch`. */
export const openLineageBatchAcceptedSchema = z.strictObject({
  recorded: z.int().nonnegative().describe('Events that were not on record.'),
  known: z.int().nonnegative().describe('Events that were recorded before.'),
});

/** Answer of `GET /api/v1/runs/{runId}/openlineage`. */
export const openLineageEventsSchema = z.strictObject({
  events: z.array(openLineageRunEventSchema).describe('Events in the order in which they happened.'),
});

export type OpenLineageRunEvent = z.infer<typeof openLineageRunEventSchema>;
export type OpenLineageDataset = z.infer<typeof openLineageDatasetSchema>;
