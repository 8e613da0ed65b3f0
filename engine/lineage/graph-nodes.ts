import type { LineageNode } from '../../schemas/index.js';
import { listEndpoints } from './endpoint-queries.js';
import { nodeId, parseNodeId, type ParsedNode } from './node-ids.js';
import type { Reader } from './reader.js';

type Details = LineageNode['details'];

/** What is on record about nodes, by the ids that edges hold; one select a kind. */
export async function describeNodes(read: Reader, ids: readonly string[]): Promise<Map<string, LineageNode>> {
  const parsed = ids.map((id) => [id, parseNodeId(id)] as const);
  const ofKind = <K extends ParsedNode['kind']>(kind: K) =>
    parsed.flatMap(([, node]) => (node?.kind === kind ? [node as Extract<ParsedNode, { kind: K }>] : []));
  const details = new Map([
    ...(await datasetDetails(read, ofKind('dataset'))),
    ...(await modelDetails(read, ofKind('model'))),
    ...(await stepDetails(read, ofKind('step'))),
  ]);
  const endpoints = ids.some((id) => id.startsWith('endpoint:'))
    ? await endpointNodes(read)
    : new Map<string, LineageNode>();
  return new Map(
    parsed.map(([id, node]) => [
      id,
      node === undefined ? (endpoints.get(id) ?? unknownNode(id)) : nodeOf(id, node, details.get(id) ?? {}),
    ]),
  );
}

function nodeOf(id: string, node: ParsedNode, details: Details): LineageNode {
  switch (node.kind) {
    case 'source':
      return { id, kind: 'source', label: node.path, details };
    case 'dataset':
      return { id, kind: 'dataset', label: `${node.dataset} ${node.partition}`, details };
    case 'step': {
      const { pipeline, partition } = details;
      const run = pipeline === undefined ? node.runId : `${pipeline} ${partition}`;
      return { id, kind: 'step', label: `${run}: ${node.step}`, details };
    }
    case 'model': {
      const version = details.version ?? node.digest.slice(0, 12);
      const label = details.version === undefined ? `${node.model} (not registered)` : `${node.model} v${version}`;
      return { id: `model:${node.model}@${version}`, kind: 'model', label, details };
    }
  }
}

async function datasetDetails(
  read: Reader,
  nodes: readonly Extract<ParsedNode, { kind: 'dataset' }>[],
): Promise<[string, Details][]> {
  if (nodes.length === 0) return [];
  const rows = await read<{ dataset: string; partition: string; version: string } & Details>(
    `WITH wanted AS (SELECT DISTINCT unnest($1) AS version),
          versions AS (
            SELECT * FROM dataset_versions SEMI JOIN wanted USING (version)
            QUALIFY row_number() OVER (PARTITION BY dataset, partition, version ORDER BY sequence) = 1),
          heads AS (
            SELECT dataset, partition, arg_max(version, sequence) AS version
            FROM publications SEMI JOIN versions USING (dataset, partition) GROUP BY ALL),
          verdicts AS (
            SELECT dataset, partition, version, arg_max(verdict, sequence) AS verdict
            FROM quality_results SEMI JOIN wanted USING (version) GROUP BY ALL)
     SELECT dataset, partition, version, rows, bytes, written_at AS "writtenAt",
       h.version IS NOT NULL AS published, verdict,
       (SELECT max(actor || ': ' || reason) FROM marks_in_force m WHERE m.mark = 'taint' AND m.kind = 'dataset'
        AND m.name = dataset AND coalesce(m.partition, v.partition) = v.partition
        AND coalesce(m.version, v.version) = v.version) AS taint
     FROM versions v LEFT JOIN heads h USING (dataset, partition, version)
     LEFT JOIN verdicts USING (dataset, partition, version)`,
    [nodes.map((node) => node.version)],
  );
  return rows.map((row) => [nodeId.dataset(row), row]);
}

async function modelDetails(
  read: Reader,
  nodes: readonly Extract<ParsedNode, { kind: 'model' }>[],
): Promise<[string, Details][]> {
  if (nodes.length === 0) return [];
  const rows = await read<{ model: string; digest: string; aliases: string | null } & Details>(
    `SELECT model, digest, version, registered_at AS "registeredAt", bytes,
       (SELECT string_agg(alias, ', ' ORDER BY alias) FROM aliases a
        WHERE a.model = v.model AND a.version = v.version) AS aliases,
       (SELECT max(actor || ': ' || reason) FROM marks_in_force m WHERE m.mark = 'taint' AND m.kind = 'model'
        AND m.name = v.model AND m.version = v.digest) AS taint
     FROM model_versions v WHERE digest IN (SELECT unnest($1))`,
    [nodes.map((node) => node.digest)],
  );
  return rows.map((row) => [nodeId.model(row), row]);
}

async function stepDetails(
  read: Reader,
  nodes: readonly Extract<ParsedNode, { kind: 'step' }>[],
): Promise<[string, Details][]> {
  if (nodes.length === 0) return [];
  const runIds = [[...new Set(nodes.map((node) => node.runId))]];
  const runs = await read<{ runId: string } & Details>(
    `SELECT run_id AS "runId", pipeline, partition, requested_by AS "requestedBy" FROM runs
     WHERE run_id IN (SELECT unnest($1))`,
    runIds,
  );
  const steps = await read<{ runId: string; step: string } & Details>(
    `SELECT run_id AS "runId", step, type, status, started_at AS "startedAt", finished_at AS "finishedAt", summary
     FROM steps WHERE run_id IN (SELECT unnest($1))
     QUALIFY row_number() OVER (PARTITION BY run_id, step ORDER BY sequence DESC) = 1`,
    runIds,
  );
  const runById = new Map(runs.map((run) => [run.runId, run]));
  const stepById = new Map(steps.map((step) => [nodeId.step(step.runId, step.step), step]));
  return nodes.map(({ runId, step }): [string, Details] => {
    const id = nodeId.step(runId, step);
    return [id, { runId, step, ...runById.get(runId), ...stepById.get(id) }];
  });
}

async function endpointNodes(read: Reader): Promise<Map<string, LineageNode>> {
  const states = await listEndpoints(read);
  return new Map(
    states.map(({ endpoint, generation, stable, canary, canaryWeight, changedAt, reason }) => {
      const id = nodeId.endpoint(endpoint);
      const versions = { stable: stable?.version ?? null, canary: canary?.version ?? null };
      return [
        id,
        {
          id,
          kind: 'endpoint',
          label: endpoint,
          details: { generation, ...versions, canaryWeight, changedAt, reason },
        },
      ];
    }),
  );
}

function unknownNode(id: string): LineageNode {
  const kind = id.startsWith('endpoint:') ? 'endpoint' : 'source';
  return { id, kind, label: id, details: {} };
}
