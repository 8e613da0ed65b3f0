import Table from 'cli-table3';
import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import { MillraceError } from '../../schemas/errors.js';
import type { AliasMove } from '../../schemas/lineage-api.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

/** `millrace history`: who moved an alias, when, from what to what, and why. */
export function historyCommand(program: Command): void {
  const command = program
    .command('history')
    .description('show who moved an alias, when, from what to what, and why')
    .argument('<alias>', 'MODEL@ALIAS, as in flight-delays@champion; MODEL alone means its champion');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace history flight-delays@champion')
    .action(async (text: string, { json, ...target }: TargetOptions & JsonOption) => {
      const { model, alias } = parseAlias(text);
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
      const moves = await client.aliasHistory(model, alias);
      if (moves.length === 0) throw new MillraceError('NOT_FOUND', `${model}@${alias} was never moved`);
      if (json) printJson(moves);
      else console.log(inWords(moves));
    });
}

function parseAlias(text: string): { model: string; alias: string } {
  const [, model, alias = 'champion'] = /^([^@]+)(?:@([^@]+))?$/.exec(text) ?? [];
  if (model !== undefined) return { model, alias };
  throw new MillraceError('INPUT_INVALID', `"${text}" is not an alias; expected MODEL@ALIAS`);
}

function inWords(moves: readonly AliasMove[]): string {
  const table = new Table({
    head: ['when', 'from', 'to', 'by', 'why', 'run'],
    style: { head: [], border: [], compact: true },
  });
  const version = (number: number | null) => (number === null ? '(none)' : `v${number}`);
  table.push(
    ...moves.map(({ at, from, to, actor, reason, runId }) => [at, version(from), version(to), actor, reason, runId]),
  );
  return table.toString();
}
