import { z } from 'zod';
import {
  openLineageJobEventSchema,
  openLineageRunEventSchema,
  type LineageRecordOf,
  type OpenLineageDataset,
  type SourceDataset,
} from '../../../schemas/index.js';
import { nodeId } from '../node-ids.js';
import { NAMESPACE, PARTITION_FACET } from './names.js';

/** What an event of another tool read and wrote, as edges of the same graph. */
export function eventEdges({ event }: LineageRecordOf<'openlineage_event'>): { from: string; to: string }[] {
  const ofRun = openLineageRunEventSchema.safeParse(event);
  const parsed = ofRun.success ? ofRun : openLineageJobEventSchema.safeParse(event);
  if (!parsed.success) return [];
  const { job, inputs = [], outputs = [] } = parsed.data;
  const run = ofRun.success ? ofRun.data.run.runId : `job:${job.namespace}`;
  const step = nodeId.step(run, encodeURIComponent(job.name)); // a step's name has no slash
  return [
    ...inputs.flatMap((dataset) => [
      { from: datasetNode(dataset), to: step },
      ...otherNames(dataset).map((name) => ({ from: name, to: datasetNode(dataset) })),
    ]),
    ...outputs.flatMap((dataset) => [
      { from: step, to: datasetNode(dataset) },
      ...otherNames(dataset).map((name) => ({ from: datasetNode(dataset), to: name })),
    ]),
  ];
}

/**
 * One of our own versions where the event names it; else a source, named as an ingest step would name it: the path of a
 * file, or the address of an object.
 */
function datasetNode({ namespace, name, facets }: OpenLineageDataset): string {
  const version = facets?.version?.datasetVersion;
  const partition = facets?.[PARTITION_FACET]?.key;
  if (namespace === NAMESPACE && typeof version === 'string' && typeof partition === 'string') {
    return nodeId.dataset({ dataset: name, partition, version });
  }
  return sourceNode({ namespace, name });
}

/** A dataset of somebody else, by its address or path. */
export function sourceNode({ namespace, name }: SourceDataset): string {
  const path = name.length > 1 ? name.replace(/\/+$/, '') : name;
  return nodeId.source(namespace === 'file' ? path : `${namespace.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`);
}

const symlinksSchema = z.object({ identifiers: z.array(z.object({ namespace: z.string(), name: z.string() })) });

/** What the facet `symlinks` says the dataset is called as well: the folder of a table, the table of a folder. */
function otherNames(dataset: OpenLineageDataset): string[] {
  const symlinks = symlinksSchema.safeParse(dataset.facets?.symlinks);
  const names = (symlinks.data?.identifiers ?? []).map(sourceNode);
  return [...new Set(names)].filter((name) => name !== datasetNode(dataset));
}
