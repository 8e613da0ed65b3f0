import type { Command } from 'commander';
import { createLogger } from '../../workers/logger.js';
import { interruption } from '../interruption.js';
import {
  configOption,
  dataDirOption,
  jsonOption,
  portOption,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { endProcess, printJson } from '../output.js';
import { configOrDefault } from '../project-config.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface ServeOptions extends Pick<TargetOptions, 'dataDir' | 'lineageUrl'>, JsonOption {
  config?: string;
  host: string;
  port: number;
  url?: string;
}

/** `millrace serve`: a model server, until Ctrl-C. */
export function serveCommand(program: Command): void {
  program
    .command('serve')
    .description('serve the endpoints on record (Open Inference Protocol over HTTP)')
    .option('--host <host>', 'where it listens', '127.0.0.1')
    .addOption(portOption('--port', 'the server; 0 is any free one').default(8080))
    .option('--url <url>', 'where others reach it, where that is not where it listens (behind a proxy, in a container)')
    .option('--lineage-url <url>', 'lineage owner (default: MILLRACE_LINEAGE_URL, or the running `dev`)')
    .addOption(dataDirOption())
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace serve --host 0.0.0.0 --port 8080 --url http://models.example:8080')
    .action(serve);
}

async function serve(options: ServeOptions): Promise<void> {
  const signal = interruption();
  const target = await resolveTarget(options);
  const { config } = await configOrDefault(options.config);
  // Loaded here alone: native modules that the other commands, and --help, do without.
  const { runModelServer } = await import('../../workers/run-model-server.js');
  await runModelServer({
    lineageUrl: requireLineageUrl(target),
    dataDir: target.dataDir,
    stores: config.stores,
    host: options.host,
    port: options.port,
    url: options.url,
    logger: createLogger('model-server'),
    signal,
    onReady: ({ url }) => {
      if (options.json) printJson({ ready: true, url });
      else console.log(`serving at ${url}`);
    },
  });
  endProcess();
}
