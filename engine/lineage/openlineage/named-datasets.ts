import { nodeId, parseNodeId } from '../node-ids.js';
import type { Reader } from '../reader.js';
import { sourceNode } from './event-edges.js';
import { NAMESPACE } from './names.js';

interface Edge {
  from: string;
  to: string;
}

/**
 * Events of other tools name a dataset of ours mostly without a version: what they read is a node of its own then. It stands
 * for the versions that are published now, so these edges are not on record.
 * @returns the edges between such nodes and versions, from those of `ids` on
 */
export async function namedDatasetEdges(
  read: Reader,
  ids: readonly string[],
  direction: 'upstream' | 'downstream',
): Promise<Edge[]> {
  return direction === 'downstream' ? edgesOfVersions(read, ids) : edgesOfNames(read, ids);
}

async function edgesOfVersions(read: Reader, ids: readonly string[]): Promise<Edge[]> {
  const versions = ids.flatMap((id) => {
    const parsed = parseNodeId(id);
    return parsed?.kind === 'dataset'
      ? [{ ...parsed, id, name: sourceNode({ namespace: NAMESPACE, name: parsed.dataset }) }]
      : [];
  });
  if (versions.length === 0) return [];
  const named = await read<{ node: string }>(
    'SELECT DISTINCT from_node AS node FROM edges WHERE from_node IN (SELECT unnest($1))',
    [[...new Set(versions.map(({ name }) => name))]],
  );
  if (named.length === 0) return [];
  const known = new Set(named.map(({ node }) => node));
  const wanted = versions.filter(({ name }) => known.has(name));
  const heads = await read<{ dataset: string; partition: string; version: string }>(
    'SELECT dataset, partition, version FROM partition_heads WHERE version IN (SELECT unnest($1))',
    [wanted.map(({ version }) => version)],
  );
  const published = new Set(heads.map((head) => nodeId.dataset(head)));
  return wanted.filter(({ id }) => published.has(id)).map(({ id, name }) => ({ from: id, to: name }));
}

async function edgesOfNames(read: Reader, ids: readonly string[]): Promise<Edge[]> {
  const prefix = sourceNode({ namespace: NAMESPACE, name: '' });
  const datasets = ids.filter((id) => id.startsWith(prefix)).map((id) => id.slice(prefix.length));
  if (datasets.length === 0) return [];
  const heads = await read<{ dataset: string; partition: string; version: string }>(
    'SELECT dataset, partition, version FROM partition_heads WHERE dataset IN (SELECT unnest($1)) ORDER BY partition',
    [datasets],
  );
  return heads.map((head) => ({ from: nodeId.dataset(head), to: `${prefix}${head.dataset}` }));
}
