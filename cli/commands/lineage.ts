import { InvalidArgumentError, type Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { LineageGraph } from '../../schemas/lineage-api.js';
import { lineageTree } from '../lineage-tree.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface LineageOptions extends TargetOptions, JsonOption {
  direction: LineageGraph['direction'];
  depth: number;
}

/** `millrace lineage`: what something came from, or what came of it. */
export function lineageCommand(program: Command): void {
  const command = program
    .command('lineage')
    .description('show what an endpoint, model or dataset came from, or what came of it')
    .argument('<node>', 'name of an endpoint, model or dataset, or an id as in model:NAME@3 or dataset:NAME/2001-03-01')
    .option(
      '--direction <direction>',
      'upstream (what it came from) or downstream (what came of it)',
      parseDirection,
      'upstream',
    )
    .option('--depth <edges>', 'how far to follow', parseCount, 20);
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace lineage dataset:flights/2001-03-01 --direction downstream')
    .action(async (node: string, { direction, depth, ...options }: LineageOptions) => {
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(options)) });
      const graph = await client.graph(node, { direction, depth: Math.min(depth, 100) });
      if (options.json) printJson(graph);
      else console.log(lineageTree(graph));
    });
}

function parseDirection(text: string): LineageGraph['direction'] {
  if (text === 'upstream' || text === 'downstream') return text;
  throw new InvalidArgumentError('must be upstream or downstream');
}
