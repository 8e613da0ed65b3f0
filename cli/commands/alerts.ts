import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { findChannel, sendAlert, type LinkedAlert } from '../../engine/alerts/index.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { createSecrets } from '../../engine/secrets.js';
import type { RecordedDelivery } from '../../schemas/alert.js';
import { loadConfig } from '../../workers/load-config.js';
import {
  addTargetOptions,
  configOption,
  jsonOption,
  parseCount,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface AlertsOptions extends TargetOptions, JsonOption {
  limit: number;
}

/** `millrace alerts`: what people were told, on which channel, and what they could not be told. */
export function alertsCommand(program: Command): void {
  const command = program
    .command('alerts')
    .argument('[pipeline]', 'only alerts about this pipeline')
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
  testCommand(command);
}

/** Sends one alert that says it is a test, now and once, whatever the channel is told of and whether its hours are quiet. */
function testCommand(alerts: Command): void {
  alerts
    .command('test')
    .description('send a test to a channel of the configuration, and say what the other side answered')
    .argument('<channel>', 'name of the channel')
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (name: string, { config: file, json }: JsonOption & { config?: string }) => {
      const { config } = await loadConfig({ cwd: process.cwd(), file });
      const channel = findChannel(config.alerts, name);
      const id = `test-${randomUUID()}`;
      const { outcome, message } = await sendAlert(channel, testAlert(name), { id, secrets: createSecrets() });
      const delivered = outcome === 'delivered';
      if (json) printJson({ channel: name, id, delivered, message });
      else console.log(`${name}: ${delivered ? 'delivered' : 'not delivered'}: ${message}`);
      process.exitCode = delivered ? EXIT.done : EXIT.no;
    });
}

function testAlert(channel: string): LinkedAlert {
  const about = { pipeline: null, partition: null, workflowId: null, runId: null, link: null };
  const title = `Millrace: this is a test of the channel ${channel}`;
  const message = `sent by ${userInfo().username} with millrace alerts test; nothing is wrong`;
  return {
    event: 'run_failed',
    severity: 'info',
    key: `test/${channel}`,
    title,
    message,
    at: new Date().toISOString(),
    ...about,
  };
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
