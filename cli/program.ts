import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../engine/threads.js';
import type { Commands } from './local-commands.js';

/** Options that need none of the commands. */
const VERSION = ['-V', '--version'];

/**
 * The command line with the one of the commands that is named, or all of them; nothing is run.
 * @param argv what was typed; a command that comes first is the only one that is loaded
 * @param quiet writes no usage errors: the caller tells of them
 */
export async function createProgram(commands: Commands, argv: readonly string[] = [], quiet = false): Promise<Command> {
  const program = new Command('millrace')
    .description('Runs data and training pipelines on Temporal.')
    .version(version(), VERSION.join(', '))
    .showHelpAfterError('(see --help)')
    .enablePositionalOptions() // a command with commands of its own leaves their options to them
    .exitOverride();
  if (quiet) program.configureOutput({ writeErr: () => undefined });
  const first = argv[0] ?? '';
  const needed = Object.hasOwn(commands, first) ? [first] : VERSION.includes(first) ? [] : Object.keys(commands);
  for (const name of needed) (await commands[name]?.())?.(program);
  return program;
}

function version(): string {
  const manifest = readFileSync(join(packageRoot(__filename), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
