import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { ColumnGraph } from '../../schemas/lineage-why.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

/** `millrace lineage columns`: where columns come from, or what is made of them. */
export function lineageColumnsCommand(lineage: Command): void {
  const command = lineage
    .command('columns')
    .description(
      'show where the columns of a dataset come from, by the queries of transforms and by events of other tools',
    )
    .argument('<column>', 'DATASET for all of its columns, or DATASET.COLUMN; of another tool: its address or path')
    .option('--column <name>', 'column of it, where DATASET is an address or a path')
    .option('--downstream', 'what is made of them instead');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace lineage columns flight-features.late')
    .action(async (text: string, options: TargetOptions & JsonOption & { downstream?: boolean; column?: string }) => {
      const { json, downstream, column: named, ...target } = options;
      // A name of ours has neither; an address and a path have points.
      const [dataset = '', ...rest] = /[/:]/.test(text) || named !== undefined ? [text] : text.split('.');
      const column = rest.length === 0 ? named : rest.join('.');
      const direction = downstream === true ? 'downstream' : 'upstream';
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
      const graph = await client.columns(dataset, { ...(column !== undefined && { column }), direction });
      if (json) printJson(graph);
      else console.log(inWords(graph));
    });
}

type End = ColumnGraph['roots'][number];

/** A tree for each root; a column that was met before is not followed again. */
function inWords({ roots, edges, untold, direction }: ColumnGraph): string {
  const name = ({ dataset, column }: End) => `${dataset}.${column}`;
  const lines: string[] = [];
  const follow = (at: End, depth: number, seen: ReadonlySet<string>): void => {
    for (const edge of edges) {
      const [near, far] = direction === 'upstream' ? [edge.to, edge.from] : [edge.from, edge.to];
      if (name(near) !== name(at) || seen.has(name(far))) continue;
      lines.push(`${'  '.repeat(depth)}${direction === 'upstream' ? '<-' : '->'} ${name(far)}  (${edge.how})`);
      follow(far, depth + 1, new Set([...seen, name(far)]));
    }
  };
  for (const root of roots) {
    lines.push(name(root));
    follow(root, 1, new Set([name(root)]));
  }
  for (const { dataset, column, reason } of untold) {
    lines.push(`cannot be told: ${dataset}${column === null ? '' : `.${column}`}: ${reason}`);
  }
  return lines.join('\n');
}
