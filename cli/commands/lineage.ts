import { link, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import { createLineageClient, downloadBackup, restoreBackup } from '../../engine/lineage/index.js';
import { MillraceError } from '../../schemas/errors.js';
import type { LineageGraph } from '../../schemas/lineage-api.js';
import { followWork } from '../follow-work.js';
import { lineageTree } from '../lineage-tree.js';
import {
  addTargetOptions,
  dataDirOption,
  jsonOption,
  parseCount,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';
import { lineageColumnsCommand } from './lineage-columns.js';
import { lineageExportsCommand } from './lineage-exports.js';

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
  addStoreCommands(command);
  lineageColumnsCommand(command);
  lineageExportsCommand(command);
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

/** Commands about the database itself. */
function addStoreCommands(command: Command): void {
  const rebuild = command
    .command('rebuild')
    .description('make everything that is derived from the recorded events again');
  addTargetOptions(rebuild)
    .addOption(jsonOption())
    .action(async ({ json, ...target }: TargetOptions & JsonOption) => {
      const url = requireLineageUrl(await resolveTarget(target));
      const client = createLineageClient({ url, timeoutMs: 3_600_000 });
      const events = await followWork(client, 'rebuild', client.rebuild());
      if (json) printJson({ events });
      else console.log(`made again from ${events} events`);
    });
  const backup = command
    .command('backup')
    .description('copy the database of the running owner to a file')
    .argument('<file>', 'new file');
  addTargetOptions(backup)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace lineage backup /backups/lineage.duckdb')
    .action(async (file: string, { json, ...target }: TargetOptions & JsonOption) => {
      const bytes = await saveBackup(requireLineageUrl(await resolveTarget(target)), file);
      if (json) printJson({ file: resolve(file), bytes });
      else console.log(`${bytes} bytes in ${resolve(file)}`);
    });
  command
    .command('restore')
    .description('put a backup in the place of the database, while no owner runs; what was there is kept')
    .argument('<file>', 'file that `millrace lineage backup` made')
    .addOption(dataDirOption())
    .addOption(jsonOption())
    .action(async (file: string, { json, ...target }: TargetOptions & JsonOption) => {
      const { dataDir } = await resolveTarget(target);
      const restored = await restoreBackup({ from: file, databasePath: join(dataDir, 'lineage.duckdb') });
      if (json) printJson(restored);
      else {
        const kept = restored.previous === null ? '' : `; what was there is ${restored.previous}`;
        console.log(`${restored.records} records restored${kept}`);
      }
    });
}

function addGraphOptions(command: Command): Command {
  command.option('--depth <edges>', 'how far to follow', parseCount, 20);
  return addTargetOptions(command).addOption(jsonOption());
}

/** Receives a backup beside its place and moves it there when it is whole. */
async function saveBackup(url: string, file: string): Promise<number> {
  const part = `${file}.part-${process.pid}`;
  try {
    const bytes = await downloadBackup({ url, to: part });
    await link(part, file);
    return bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new MillraceError('INPUT_INVALID', `${file} exists already`, { cause: error });
  } finally {
    await rm(part, { force: true });
  }
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
