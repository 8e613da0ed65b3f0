import type { LineageGraph, LineageNode } from '../schemas/lineage-api.js';

/** More children than this of one kind are counted instead of shown: a model may come of hundreds of partitions. */
const SHOWN_CHILDREN = 12;

/**
 * A lineage graph as a tree in the terminal. A node with several ways to it is shown in full once; where it comes again, its
 * line ends with `(above)`.
 */
export function lineageTree(graph: LineageGraph): string {
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const next = new Map<string, string[]>();
  for (const { from, to } of graph.edges) {
    const [near, far] = graph.direction === 'upstream' ? [to, from] : [from, to];
    next.set(near, [...(next.get(near) ?? []), far]);
  }
  const lines: string[] = [];
  const shown = new Set<string>();
  // Depth first with a stack of its own: a chain of runs may be longer than the stack of calls.
  const waiting = [{ id: graph.root, lead: '', branch: '' }];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    const { id, lead, branch } = item;
    const children = next.get(id) ?? [];
    const again = shown.has(id) && children.length > 0;
    lines.push(`${lead}${branch}${describe(nodes.get(id), id)}${again ? ' (above)' : ''}`);
    if (again || id === '') continue;
    shown.add(id);
    const below = branch === '' ? '' : `${lead}${branch.startsWith('└') ? '   ' : '│  '}`;
    const visible = children.slice(0, SHOWN_CHILDREN);
    const hidden = children.length - visible.length;
    const items = visible.map((child) => ({ id: child, text: child }));
    if (hidden > 0) {
      nodes.set(`more:${id}`, { id: '', kind: 'dataset', label: `… and ${hidden} more`, details: {} });
      items.push({ id: `more:${id}`, text: '' });
    }
    for (const [index, child] of [...items.entries()].reverse()) {
      waiting.push({ id: child.id, lead: below, branch: index === items.length - 1 ? '└─ ' : '├─ ' });
    }
  }
  if (graph.truncated) lines.push('(there is more on record than was asked for; see --depth)');
  return lines.join('\n');
}

function describe(node: LineageNode | undefined, id: string): string {
  if (node === undefined) return id;
  if (node.id === '') return node.label;
  const facts = factsOf(node).filter((fact) => fact !== '');
  return `${node.kind} ${node.label}${facts.length === 0 ? '' : `  (${facts.join(', ')})`}`;
}

/** What is worth a place in one line; everything is in the JSON. */
function factsOf({ kind, details }: LineageNode): string[] {
  const { rows, version, verdict, published, aliases, registeredAt, stable, canary, canaryWeight, status, summary } =
    details;
  const text = (value: LineageNode['details'][string] | undefined, before = '') =>
    value == null || value === '' ? '' : `${before}${String(value)}`;
  switch (kind) {
    case 'endpoint':
      return [text(stable, 'stable v'), canary == null ? '' : `canary v${canary} at ${canaryWeight} %`];
    case 'model':
      return [text(aliases), text(registeredAt, 'registered ')];
    case 'dataset': {
      const seal = text(version).slice(0, 12);
      return [text(rows, 'rows '), seal, text(verdict, 'verdict '), published === false ? 'not published' : ''];
    }
    case 'step':
      return [status === 'succeeded' ? '' : text(status), text(summary)];
    case 'source':
      return [];
  }
}
