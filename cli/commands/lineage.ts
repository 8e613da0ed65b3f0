import { InvalidArgumentError, type Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { LineageGraph } from '../../schemas/lineage-api.js';
import { lineageTree } from '../lineage-tree.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface GraphOptions extends TargetOptions, JsonOption {
  depth: number;
}

const NODE = 'name of an endpoint, model or dataset, or an id as in model:NAME@3 or dataset:NAME/2001-03-01';

/** `millrace lineage`: what something came from, or what came of it. */
export function lineageCommand(program: Command): void {
  const command = program
    .command('lineage')
    .description('show what an endpoint, model or dataset came from, or what came of it')
    .enablePositionalOptions()
    .argument('<node>', NODE)
    .option(
      '--direction <direction>',
      'upstream (what it came from) or downstream (what came of it)',
      parseDirection,
      'upstream',
    );
  addGraphOptions(command)
    .addHelpText('after', '\nExample:\n  millrace lineage dataset:flights/2001-03-01 --direction downstream')
    .action((node: string, { direction, ...options }: GraphOptions & { direction: LineageGraph['direction'] }) =>
      show(node, direction, options),
    );
  for (const [direction, what] of [
    ['upstream', 'what something came from'],
    ['downstream', 'what came of something'],
  ] as const) {
    const sub = command.command(direction).description(`show ${what}`).argument('<node>', NODE);
    addGraphOptions(sub)
      .addHelpText('after', `\nExample:\n  millrace lineage ${direction} dataset:flights/2001-03-01 --depth 3`)
      .action((node: string, options: GraphOptions) => show(node, direction, options));
  }
}

function addGraphOptions(command: Command): Command {
  command.option('--depth <edges>', 'how far to follow', parseCount, 20);
  return addTargetOptions(command).addOption(jsonOption());
}

async function show(
  node: string,
  direction: LineageGraph['direction'],
  { depth, json, ...target }: GraphOptions,
): Promise<void> {
  const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
  const graph = await client.graph(node, { direction, depth: Math.min(depth, 100) });
  if (json) printJson(graph);
  else console.log(lineageTree(graph));
}

function parseDirection(text: string): LineageGraph['direction'] {
  if (text === 'upstream' || text === 'downstream') return text;
  throw new InvalidArgumentError('must be upstream or downstream');
}
