import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { StaleResponse } from '../../schemas/lineage-questions.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { oneLine } from '../../schemas/one-line.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface StaleOptions extends TargetOptions, JsonOption {
  limit: number;
  after?: string;
}

/** `millrace stale`: partitions that are not what a run would make of them now, and why. */
export function staleCommand(program: Command): void {
  const command = program
    .command('stale')
    .description('list partitions that are not what a run would make of them now, and why')
    .argument('[dataset]', 'one dataset; all by default')
    .option('--limit <count>', 'how many to list at once', parseCount, 100)
    .option('--after <cursor>', 'go on after the page whose `next` this is');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nThe exit code is 1 when anything is stale.\n\nExample:\n  millrace stale flights --limit 20',
    )
    .action(async (dataset: string | undefined, { limit, after, json, ...target }: StaleOptions) => {
      // A million partitions take a second or two, and the owner may be busy.
      const client = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)), timeoutMs: 60_000 });
      const answer = await client.stale({ dataset, limit, after });
      if (json) printJson(answer);
      else console.log(inWords(answer));
      process.exitCode = answer.total === 0 ? EXIT.done : EXIT.no;
    });
}

function inWords({ total, counts, partitions, next }: StaleResponse): string {
  if (total === 0) return 'nothing is stale';
  const shares = Object.entries(counts).filter(([, count]) => count > 0);
  return [
    `${total} stale: ${shares.map(([reason, count]) => `${count} ${reason.replace('_', ' ')}`).join(', ')}`,
    ...partitions.flatMap(({ dataset, partition, reasons }) =>
      reasons.map(({ reason, message }) => `${dataset} ${partition}  ${reason.replace('_', ' ')}: ${oneLine(message)}`),
    ),
    ...(next === null ? [] : [`there are more: --after ${next}`]),
  ].join('\n');
}
