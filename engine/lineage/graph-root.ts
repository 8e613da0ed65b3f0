import { MillraceError } from '../../schemas/index.js';
import { nodeId } from './node-ids.js';
import type { Reader } from './reader.js';

/** Versions that are named where several are meant. */
const LISTED = 5;

/**
 * Finds the node that a person means: a full id, or `endpoint:NAME`, `model:NAME` (the champion, else the newest
 * version), `model:NAME@VERSION` (also an alias or the start of a digest), `dataset:NAME` (what was published last),
 * `dataset:NAME/PARTITION` (its published version, else its newest), either with `@` and the start of a version, or the same without the word before the colon,
 * which is looked up as an endpoint, a model, a dataset and a source, in that order.
 * @returns the id as edges hold it
 * @throws NOT_FOUND, INPUT_INVALID where the start of a version is that of several
 */
export async function findNode(read: Reader, text: string): Promise<string> {
  const [, kind, rest = ''] = /^(endpoint|model|dataset|run|source):(.*)$/s.exec(text) ?? [undefined, undefined, text];
  const finders =
    kind === undefined
      ? [findEndpoint, findModel, findDataset, findSource]
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
  const [, named = text, version] = /^(.*)@([0-9a-f]{4,32})$/s.exec(text) ?? [];
  // The key of a partition may look like a name with a version.
  return (version === undefined ? undefined : await findVersion(read, named, version)) ?? findNewest(read, text);
}

/** Of all versions, the one that begins so. */
async function findVersion(read: Reader, named: string, version: string): Promise<string | undefined> {
  const [dataset, partition] = split(named);
  const rows = await read<VersionKey>(
    `SELECT DISTINCT dataset, partition, version FROM dataset_versions
     WHERE dataset = $1 AND ($2::VARCHAR IS NULL OR partition = $2::VARCHAR) AND starts_with(version, $3)
     ORDER BY partition, version LIMIT $4`,
    [dataset, partition, version, LISTED],
  );
  const [row, other] = rows;
  if (row === undefined || other === undefined) return row && nodeId.dataset(row);
  const message = `dataset:${named}@${version} may be ${rows.map(nodeId.dataset).join(', ')}`;
  throw new MillraceError('INPUT_INVALID', message, { problems: [{ path: 'node', message }] });
}

/** What was published last, else written last. */
async function findNewest(read: Reader, named: string): Promise<string | undefined> {
  const [row] = await read<VersionKey>(
    `SELECT dataset, partition, version FROM dataset_versions v LEFT JOIN partition_heads h USING (dataset, partition, version)
     WHERE dataset = $1 AND ($2::VARCHAR IS NULL OR partition = $2::VARCHAR)
     ORDER BY h.sequence DESC NULLS LAST, v.sequence DESC LIMIT 1`,
    split(named),
  );
  return row && nodeId.dataset(row);
}

type VersionKey = Record<'dataset' | 'partition' | 'version', string>;

function split(named: string): [dataset: string, partition: string | null] {
  const [, dataset = '', partition = null] = /^([^/]+)(?:\/(.*))?$/s.exec(named) ?? [];
  return [dataset, partition];
}

/** A path or an address. */
async function findSource(read: Reader, path: string): Promise<string | undefined> {
  return findInEdges(read, nodeId.source(path));
}

async function findInEdges(read: Reader, id: string): Promise<string | undefined> {
  const [row] = await read<object>('SELECT 1 FROM edges WHERE from_node = $1 OR to_node = $1 LIMIT 1', [id]);
  return row && id;
}
