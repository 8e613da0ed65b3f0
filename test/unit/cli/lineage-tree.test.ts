import { lineageTree } from '../../../cli/lineage-tree.js';
import type { LineageGraph, LineageNode } from '../../../schemas/lineage-api.js';

const node = (id: string, kind: LineageNode['kind'], details: LineageNode['details'] = {}): LineageNode => ({
  id,
  kind,
  label: id,
  details,
});

describe('the tree of a lineage graph', () => {
  it('goes from the root to what it came from, shows a shared node in full once, and only telling details', () => {
    const graph: LineageGraph = {
      root: 'e',
      truncated: false,
      direction: 'upstream',
      nodes: [
        node('e', 'endpoint', { stable: 2, canary: 3, canaryWeight: 25 }),
        node('m2', 'model', { aliases: 'champion' }),
        node('m3', 'model'),
        node('d', 'dataset', { rows: 5, version: 'fb00110c9d33d7aa2d05', verdict: 'fail', published: false, bytes: 9 }),
        node('f.csv', 'source'),
      ],
      edges: [
        { from: 'm2', to: 'e' },
        { from: 'm3', to: 'e' },
        { from: 'd', to: 'm2' },
        { from: 'd', to: 'm3' },
        { from: 'f.csv', to: 'd' },
      ],
    };
    expect(lineageTree(graph)).toBe(
      [
        'endpoint e  (stable v2, canary v3 at 25 %)',
        '├─ model m2  (champion)',
        '│  └─ dataset d  (rows 5, fb00110c9d33, verdict fail, not published)',
        '│     └─ source f.csv',
        '└─ model m3',
        '   └─ dataset d  (rows 5, fb00110c9d33, verdict fail, not published) (above)',
      ].join('\n'),
    );
  });

  it('follows edges the other way downstream, counts what would be too many lines, and says that the graph was cut', () => {
    const parts = Array.from({ length: 40 }, (_, index) => `d${index}`);
    const graph: LineageGraph = {
      root: 's',
      truncated: true,
      direction: 'downstream',
      nodes: [node('s', 'source'), ...parts.map((id) => node(id, 'dataset'))],
      edges: parts.map((id) => ({ from: 's', to: id })),
    };
    const lines = lineageTree(graph).split('\n');
    expect(lines).toHaveLength(15);
    expect(lines.slice(-3, -1)).toEqual(['├─ dataset d11', '└─ … and 28 more']);
    expect(lines.at(-1)).toMatch(/^\(there is more/);
  });

  it('ends on a graph that goes in a circle, and on one that is very deep', () => {
    const edges = [
      { from: 'a', to: 'b' },
      { from: 'b', to: 'a' },
    ];
    expect(lineageTree({ root: 'a', direction: 'downstream', truncated: false, nodes: [], edges })).toBe(
      'a\n└─ b\n   └─ a (above)',
    );
    const chain = Array.from({ length: 5000 }, (_, index) => ({ from: `n${index}`, to: `n${index + 1}` }));
    const deep = lineageTree({ root: 'n0', direction: 'downstream', truncated: false, nodes: [], edges: chain });
    expect(deep.split('\n')).toHaveLength(5001);
  });
});
