import Table from 'cli-table3';
import type { Command } from 'commander';
import { createLineageClient } from '../../engine/lineage/index.js';
import type { RecordedDelivery } from '../../schemas/alert.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface AlertsOptions extends TargetOptions, JsonOption {
  limit: number;
}

/** `millrace alerts`: what people were told, on which channel, and what they could not be told. */
export function alertsCommand(program: Command): void {
  const command = program
    .command('alerts [pipeline]')
    .description('show the alerts that were told on each channel, or could not be')
    .option('--limit <count>', 'greatest number of deliveries', parseCount, 20);
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace alerts flight-delays')
    .action(async (pipeline: string | undefined, { json, limit, ...target }: AlertsOptions) => {
      const lineage = createLineageClient({ url: requireLineageUrl(await resolveTarget(target)) });
      const deliveries = await lineage.alerts.deliveries({ pipeline, limit });
      if (json) printJson({ deliveries });
      else console.log(deliveries.length === 0 ? 'no alert was told yet' : inWords(deliveries));
    });
}

function inWords(deliveries: readonly RecordedDelivery[]): string {
  const table = new Table({
    head: ['at', 'channel', 'alert', 'outcome', 'attempts', 'what the other side said'],
    style: { head: [], border: [], compact: true },
    colWidths: [null, null, 50, null, null, 40],
    wordWrap: true,
  });
  table.push(
    ...deliveries.map(({ at, channel, alert, outcome, attempts, message }) => [
      at,
      channel,
      `${alert.event}: ${alert.title}`,
      outcome.replace('_', ' '),
      String(attempts),
      message,
    ]),
  );
  return table.toString();
}
