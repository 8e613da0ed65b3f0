import type { LineageGraph, LineageNode } from '../../schemas/index.js';
import { listEndpoints } from './endpoint-queries.js';
import { describeNodes } from './graph-nodes.js';
import { findNode } from './graph-root.js';
import { nodeId } from './node-ids.js';
import { namedDatasetEdges } from './openlineage/named-datasets.js';
import type { Reader } from './reader.js';

/** Greatest number of nodes in an answer. */
const MAX_NODES = 5000;

interface Edge {
  from: string;
  to: string;
}

/**
 * What a node came from, or what came of it: endpoint, model version, training step, the dataset versions that it read,
 * the steps that wrote them, and so on to the sources. Breadth first, one select a level.
 * @param options `depth`: greatest number of edges between the root and a node
 * @throws NOT_FOUND if there is no such node
 */
export async function lineageGraph(
  read: Reader,
  options: { node: string; direction: LineageGraph['direction']; depth: number },
): Promise<LineageGraph> {
  const root = await findNode(read, options.node);
  const deployments = await endpointEdges(read);
  const found = new Set([root]);
  const edges = new Map<string, Edge>();
  let level = [root];
  let truncated = false;
  for (let distance = 0; level.length > 0; distance += 1) {
    const next = await adjacentEdges(read, deployments, level, options.direction);
    if (distance === options.depth) {
      truncated ||= next.some((edge) => !edges.has(edgeKey(edge)));
      break;
    }
    level = [];
    for (const edge of next) {
      const neighbour = options.direction === 'upstream' ? edge.from : edge.to;
      if (!found.has(neighbour)) {
        if (found.size >= MAX_NODES) {
          truncated = true;
          continue;
        }
        found.add(neighbour);
        level.push(neighbour);
      }
      edges.set(edgeKey(edge), edge);
    }
  }
  const nodes = await describeNodes(read, [...found]);
  const publicId = (id: string) => nodes.get(id)?.id ?? id;
  return {
    root: publicId(root),
    direction: options.direction,
    nodes: [...found].map((id) => nodes.get(id)).filter((node): node is LineageNode => node !== undefined),
    edges: [...edges.values()].map(({ from, to }) => ({ from: publicId(from), to: publicId(to) })),
    truncated,
  };
}

async function adjacentEdges(
  read: Reader,
  deployments: readonly Edge[],
  ids: readonly string[],
  direction: LineageGraph['direction'],
): Promise<Edge[]> {
  const [near, far] = direction === 'upstream' ? ['to_node', 'from_node'] : ['from_node', 'to_node'];
  const stored = await read<Edge>(
    `SELECT from_node AS "from", to_node AS "to" FROM edges WHERE ${near} IN (SELECT unnest($1))
     GROUP BY ALL ORDER BY min(sequence), ${far}`,
    [ids],
  );
  const named = await namedDatasetEdges(read, ids, direction);
  const wanted = new Set(ids);
  return [
    ...stored,
    ...named,
    ...deployments.filter((edge) => wanted.has(direction === 'upstream' ? edge.to : edge.from)),
  ];
}

/** Edges from model versions to the endpoints that serve them now; earlier states are in the endpoints’ history. */
async function endpointEdges(read: Reader): Promise<Edge[]> {
  return (await listEndpoints(read)).flatMap(({ endpoint, stable, canary }) =>
    [stable, canary].flatMap((ref) =>
      ref === null ? [] : [{ from: nodeId.model(ref), to: nodeId.endpoint(endpoint) }],
    ),
  );
}

function edgeKey({ from, to }: Edge): string {
  return `${from}\n${to}`;
}
