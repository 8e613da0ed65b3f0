import Table from 'cli-table3';
import type { Command } from 'commander';
import type { PoolStatus } from '../../schemas/pool.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { withClient } from '../with-client.js';

/** `millrace pools`: who has a place in which pool, and who waits for one. */
export function poolsCommand(program: Command): void {
  const command = program.command('pools').description('show who has a place in each pool, and who waits for one');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace pools')
    .action(async ({ json, ...options }: TargetOptions & JsonOption) => {
      const pools = await withClient(options, (client) => client.pools());
      if (json) printJson({ pools });
      else console.log(pools.length === 0 ? 'nobody has a place in a pool, or waits for one' : inWords(pools));
    });
}

function inWords(pools: readonly PoolStatus[]): string {
  const table = new Table({
    head: ['pool', 'run', 'step', '', 'since'],
    style: { head: [], border: [], compact: true },
  });
  for (const { pool, limit, holders, waiting } of pools) {
    holders.forEach(({ workflowId, step, since }, index) => {
      table.push([pool, workflowId, step, `place ${index + 1} of ${limit}`, since]);
    });
    waiting.forEach(({ workflowId, step, since }) => table.push([pool, workflowId, step, 'waits', since]));
  }
  return table.toString();
}
