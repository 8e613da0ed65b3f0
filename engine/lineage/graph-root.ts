import { MillraceError } from '../../schemas/index.js';
import { nodeId, parseNodeId } from './node-ids.js';
import type { Reader } from './reader.js';

/**
 * Finds the node that a person means: a full id, or `endpoint:NAME`, `model:NAME` (the champion, else the newest
 * version), `model:NAME@VERSION` (also an alias or the start of a digest), `dataset:NAME` (what was published last),
 * `dataset:NAME/PARTITION` (its published version, else its newest), or the same without the word before the colon,
 * which is looked up as an endpoint, a model and a dataset, in that order.
 * @returns the id as edges hold it
 * @throws NOT_FOUND
 */
export async function findNode(read: Reader, text: string): Promise<string> {
  const [, kind, rest = ''] = /^(endpoint|model|dataset|run|source):(.*)$/s.exec(text) ?? [undefined, undefined, text];
  const finders =
    kind === undefined
      ? [findEndpoint, findModel, findDataset]
      : {
          endpoint: [findEndpoint],
          model: [findModel],
          dataset: [findDataset],
          run: [findInEdges],
          source: [findInEdges],
        }[kind as 'endpoint' | 'model' | 'dataset' | 'run' | 'source'];
  for (const find of finders) {
    const id = await find(read, find === findInEdges ? text : rest);
    if (id !== undefined) return id;
  }
  throw new MillraceError('NOT_FOUND', `nothing on record is called ${text}`);
}

async function findEndpoint(read: Reader, name: string): Promise<string | undefined> {
  const [row] = await read<object>('SELECT 1 FROM endpoint_changes WHERE endpoint = $1 LIMIT 1', [name]);
  return row && nodeId.endpoint(name);
}

async function findModel(read: Reader, text: string): Promise<string | undefined> {
  const [model = '', version] = text.split('@');
  const [row] = await read<{ digest: string }>(
    version === undefined
      ? `SELECT digest FROM model_versions v LEFT JOIN aliases a USING (model, version)
         WHERE model = $1 ORDER BY a.alias IS NOT DISTINCT FROM 'champion' DESC, version DESC LIMIT 1`
      : `SELECT digest FROM model_versions v LEFT JOIN aliases a USING (model, version)
         WHERE model = $1 AND (version::VARCHAR = $2 OR a.alias = $2) LIMIT 1`,
    version === undefined ? [model] : [model, version],
  );
  if (row !== undefined) return nodeId.model({ model, digest: row.digest });
  if (version === undefined || !/^[0-9a-f]{8,64}$/.test(version)) return undefined;
  const [trained] = await read<{ digest: string }>(
    'SELECT digest FROM trainings WHERE model = $1 AND starts_with(digest, $2) LIMIT 1',
    [model, version],
  );
  return trained && nodeId.model({ model, digest: trained.digest });
}

async function findDataset(read: Reader, text: string): Promise<string | undefined> {
  const exact = parseNodeId(`dataset:${text}`);
  const [, dataset = '', partition] = /^([^/]+)(?:\/(.*))?$/s.exec(text) ?? [];
  const [row] = await read<{ dataset: string; partition: string; version: string }>(
    exact?.kind === 'dataset'
      ? 'SELECT dataset, partition, version FROM dataset_versions WHERE dataset = $1 AND partition = $2 AND version = $3'
      : `SELECT dataset, partition, version FROM dataset_versions v LEFT JOIN partition_heads h USING (dataset, partition, version)
         WHERE dataset = $1 AND ($2::VARCHAR IS NULL OR partition = $2::VARCHAR)
         ORDER BY h.sequence DESC NULLS LAST, v.sequence DESC LIMIT 1`,
    exact?.kind === 'dataset' ? [exact.dataset, exact.partition, exact.version] : [dataset, partition ?? null],
  );
  return row && nodeId.dataset(row);
}

async function findInEdges(read: Reader, id: string): Promise<string | undefined> {
  const [row] = await read<object>('SELECT 1 FROM edges WHERE from_node = $1 OR to_node = $1 LIMIT 1', [id]);
  return row && id;
}
