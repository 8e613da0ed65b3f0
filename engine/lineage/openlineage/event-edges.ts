import {
  openLineageJobEventSchema,
  openLineageRunEventSchema,
  type LineageRecordOf,
  type OpenLineageDataset,
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
    ...inputs.map((dataset) => ({ from: datasetNode(dataset), to: step })),
    ...outputs.map((dataset) => ({ from: step, to: datasetNode(dataset) })),
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
  return nodeId.source(namespace === 'file' ? name : `${namespace.replace(/\/+$/, '')}/${name.replace(/^\/+/, '')}`);
}
