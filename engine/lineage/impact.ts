import type { Impact, ModelVersionRef } from '../../schemas/index.js';
import { listEndpoints } from './endpoint-queries.js';
import { findNode } from './graph-root.js';
import { parseNodeId, type ParsedNode } from './node-ids.js';
import type { Reader } from './reader.js';

/**
 * Everything that contains a dataset version, a model, or what a step wrote: the whole closure downstream, however far and
 * however much, in one recursive select. Endpoints are those that serve such a model now.
 * @param node as a person names it; see `findNode`
 * @throws NOT_FOUND
 */
export async function impactOf(read: Reader, node: string): Promise<Impact> {
  const root = await findNode(read, node);
  const reached = await read<{ node: string }>(
    `WITH RECURSIVE reached(node) AS (
       SELECT $1 UNION SELECT e.to_node FROM reached r JOIN edges e ON e.from_node = r.node)
     SELECT node FROM reached`,
    [root],
  );
  const nodes = reached.flatMap(({ node: id }) => parseNodeId(id) ?? []);
  const of = <K extends ParsedNode['kind']>(kind: K) =>
    nodes.filter((parsed): parsed is Extract<ParsedNode, { kind: K }> => parsed.kind === kind);
  const models = await modelsOf(read, of('model'));
  const digests = new Set(models.map(({ model, digest }) => `${model}@${digest}`));
  const serves = (ref: ModelVersionRef | null): ref is ModelVersionRef =>
    ref !== null && digests.has(`${ref.model}@${ref.digest}`);
  return {
    root,
    endpoints: (await listEndpoints(read)).flatMap(({ endpoint, stable, canary }) => [
      ...(serves(stable) ? [{ endpoint, arm: 'stable' as const, model: stable }] : []),
      ...(serves(canary) ? [{ endpoint, arm: 'canary' as const, model: canary }] : []),
    ]),
    models,
    datasets: await datasetsOf(
      read,
      of('dataset').filter((parsed) => `dataset:${parsed.dataset}/${parsed.partition}@${parsed.version}` !== root),
    ),
    runs: await runsOf(read, [...new Set(of('step').map(({ runId }) => runId))]),
  };
}

async function modelsOf(
  read: Reader,
  nodes: readonly Extract<ParsedNode, { kind: 'model' }>[],
): Promise<Impact['models']> {
  if (nodes.length === 0) return [];
  const rows = await read<{ model: string; digest: string; version: number; aliases: string | null }>(
    `SELECT v.model, v.digest, v.version, string_agg(a.alias, ',' ORDER BY a.alias) AS aliases
     FROM model_versions v LEFT JOIN aliases a USING (model, version)
     WHERE v.digest IN (SELECT unnest($1)) GROUP BY ALL`,
    [nodes.map(({ digest }) => digest)],
  );
  return nodes
    .map(({ model, digest }) => {
      const row = rows.find((candidate) => candidate.model === model && candidate.digest === digest);
      return { model, version: row?.version ?? null, digest, aliases: row?.aliases?.split(',') ?? [] };
    })
    .sort((a, b) => (a.model === b.model ? (a.version ?? 0) - (b.version ?? 0) : a.model < b.model ? -1 : 1));
}

async function datasetsOf(
  read: Reader,
  nodes: readonly Extract<ParsedNode, { kind: 'dataset' }>[],
): Promise<Impact['datasets']> {
  if (nodes.length === 0) return [];
  const heads = await read<{ dataset: string; partition: string; version: string }>(
    `SELECT dataset, partition, version FROM partition_heads WHERE version IN (SELECT unnest($1))`,
    [nodes.map(({ version }) => version)],
  );
  const published = new Set(heads.map((row) => `${row.dataset}/${row.partition}@${row.version}`));
  return nodes.map(({ dataset, partition, version }) => ({
    dataset,
    partition,
    version,
    published: published.has(`${dataset}/${partition}@${version}`),
  }));
}

async function runsOf(read: Reader, runIds: readonly string[]): Promise<Impact['runs']> {
  if (runIds.length === 0) return [];
  return read(
    `SELECT w.run_id AS "runId", any_value(s.pipeline) AS pipeline, any_value(s.partition) AS partition,
       min(s.started_at) AS "startedAt"
     FROM (SELECT unnest($1) AS run_id) w LEFT JOIN run_starts s USING (run_id)
     GROUP BY w.run_id ORDER BY min(s.sequence) NULLS LAST, w.run_id`,
    [runIds],
  );
}
