import type { Command } from 'commander';
import { createSecrets } from '../../engine/secrets.js';
import { startWebhookServer } from '../../engine/triggers/index.js';
import { loadConfig } from '../../workers/load-config.js';
import { createLogger } from '../../workers/logger.js';
import { aborted, interruption } from '../interruption.js';
import {
  addTargetOptions,
  configOption,
  jsonOption,
  portOption,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { openWebhookDelivery } from '../webhook-delivery.js';

interface WebhooksOptions extends TargetOptions, JsonOption {
  config?: string;
  host: string;
  port: number;
}

/** `millrace webhooks`: takes signed requests for triggers on webhook, until Ctrl-C. */
export function webhooksCommand(program: Command): void {
  const command = program
    .command('webhooks')
    .description('take signed webhooks for the triggers of pipelines: POST /webhooks/PIPELINE/TRIGGER')
    .option('--host <host>', 'where it listens', '127.0.0.1')
    .addOption(portOption('--port', 'the server; 0 is any free one').default(7620))
    .addOption(configOption());
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  MILLRACE_SECRET_HOOK=whsec_… millrace webhooks --port 7620')
    .action(webhooks);
}

async function webhooks(options: WebhooksOptions): Promise<void> {
  const signal = interruption();
  const { config } = await loadConfig({ cwd: process.cwd(), file: options.config });
  const delivery = await openWebhookDelivery(options);
  try {
    const server = await startWebhookServer({
      pipelines: config.pipelines,
      secrets: createSecrets(),
      deliver: (pipeline, event) => delivery.deliver(pipeline, event),
      host: options.host,
      port: options.port,
      logger: createLogger('webhooks'),
    });
    if (options.json) printJson({ ready: true, url: server.url });
    else console.log(`taking webhooks at ${server.url}`);
    await aborted(signal);
    await server.close();
  } finally {
    await delivery.close();
  }
  process.exitCode = EXIT.done;
}
