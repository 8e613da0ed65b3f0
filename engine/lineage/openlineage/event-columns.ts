import { z } from 'zod';
import {
  openLineageDatasetEventSchema,
  openLineageJobEventSchema,
  type LineageRecordOf,
  type OpenLineageDataset,
} from '../../../schemas/index.js';
import { sourceNode } from './event-edges.js';
import { NAMESPACE } from './names.js';

/** What one column was made of; `column` null: what decided on rows. */
export interface EventColumn {
  dataset: string;
  column: string | null;
  fromDataset: string;
  fromColumn: string;
  how: string;
}

const inputFieldSchema = z.object({
  namespace: z.string(),
  name: z.string(),
  field: z.string(),
  transformations: z.array(z.object({ type: z.string(), subtype: z.string().optional() })).optional(),
});
const columnLineageSchema = z.object({
  fields: z.record(
    z.string(),
    z.object({ inputFields: z.array(inputFieldSchema), transformationType: z.string().optional() }),
  ),
  dataset: z.array(inputFieldSchema).optional(),
});

const DIRECT = new Set(['identity', 'aggregation']);

/** What the facet `columnLineage` of the datasets that an event wrote, or tells of, says. One that is malformed says nothing. */
export function eventColumns({ event }: LineageRecordOf<'openlineage_event'>): EventColumn[] {
  const ofJob = openLineageJobEventSchema.safeParse(event);
  const ofDataset = openLineageDatasetEventSchema.safeParse(event);
  const told = ofJob.success ? (ofJob.data.outputs ?? []) : ofDataset.success ? [ofDataset.data.dataset] : [];
  const found = told.flatMap(columnsOf);
  return [...new Map(found.map((one) => [JSON.stringify(one), one])).values()];
}

function columnsOf(output: OpenLineageDataset): EventColumn[] {
  const facet = columnLineageSchema.safeParse(output.facets?.columnLineage);
  if (!facet.success) return [];
  const dataset = columnDataset(output);
  const source = (column: string | null, from: z.output<typeof inputFieldSchema>, how: string): EventColumn => ({
    ...{ dataset, column, fromDataset: columnDataset(from), fromColumn: from.field, how },
  });
  const { fields, dataset: rows = [] } = facet.data;
  return [
    ...Object.entries(fields).flatMap(([column, { inputFields, transformationType = '' }]) =>
      inputFields.map((from) => {
        const direct = directHow(from.transformations, transformationType);
        return direct === null ? source(null, from, indirectHow(from)) : source(column, from, direct);
      }),
    ),
    ...rows.map((from) => source(null, from, indirectHow(from))),
  ];
}

/** As our own queries are told; null: the column only decided on something. */
function directHow(transformations: z.output<typeof inputFieldSchema>['transformations'], before: string) {
  const all = transformations ?? [];
  const direct = all.filter(({ type }) => type.toUpperCase() === 'DIRECT');
  if (all.length > 0 && direct.length === 0) return null;
  const named = [...direct.map(({ subtype }) => subtype), before].map((word) => word?.toLowerCase() ?? '');
  return named.find((word) => DIRECT.has(word)) ?? 'transformation';
}

function indirectHow({ transformations = [] }: z.output<typeof inputFieldSchema>): string {
  return transformations.find(({ subtype }) => subtype !== undefined)?.subtype?.toLowerCase() ?? 'conditional';
}

/** A dataset of ours by its name; one of somebody else by its address or path. */
function columnDataset({ namespace, name }: { namespace: string; name: string }): string {
  return namespace === NAMESPACE ? name : sourceNode({ namespace, name }).replace(/^source:/, '');
}
