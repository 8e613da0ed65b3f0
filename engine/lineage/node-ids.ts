/**
 * Ids of lineage nodes as the edges hold them. A model is known by its digest here, because it is trained before it
 * has a number; answers carry the number instead.
 */
export const nodeId = {
  source: (path: string) => `source:${path}`,
  step: (runId: string, step: string) => `run:${runId}/${step}`,
  dataset: (ref: { dataset: string; partition: string; version: string }) =>
    `dataset:${ref.dataset}/${ref.partition}@${ref.version}`,
  model: (ref: { model: string; digest: string }) => `model:${ref.model}@${ref.digest}`,
  endpoint: (endpoint: string) => `endpoint:${endpoint}`,
};

/** A node id taken apart. */
export type ParsedNode =
  | { kind: 'source'; path: string }
  | { kind: 'step'; runId: string; step: string }
  | { kind: 'dataset'; dataset: string; partition: string; version: string }
  | { kind: 'model'; model: string; digest: string };

/** Takes apart an id that an edge holds; undefined for any other text. */
export function parseNodeId(id: string): ParsedNode | undefined {
  const [, kind, rest = ''] = /^(source|run|dataset|model):(.*)$/s.exec(id) ?? [];
  if (kind === 'source') return { kind, path: rest };
  if (kind === 'run') {
    const slash = rest.lastIndexOf('/'); // a step's name has none
    return slash < 0 ? undefined : { kind: 'step', runId: rest.slice(0, slash), step: rest.slice(slash + 1) };
  }
  if (kind === 'dataset') {
    const [, dataset, partition, version] = /^([^/]+)\/(.*)@([0-9a-f]{32})$/s.exec(rest) ?? [];
    return dataset && partition !== undefined && version ? { kind, dataset, partition, version } : undefined;
  }
  if (kind === 'model') {
    const [, model, digest] = /^([^@]+)@([0-9a-f]{64})$/.exec(rest) ?? [];
    return model && digest ? { kind, model, digest } : undefined;
  }
  return undefined;
}
