import type { Command } from 'commander';
import { embeddedAddressesSchema, type EmbeddedAddresses } from '../../workers/embedded/embedded-marker.js';
import { startEmbedded, type EmbeddedMode } from '../../workers/embedded/embedded-mode.js';
import { loadConfig } from '../../workers/load-config.js';
import { aborted, interruption } from '../interruption.js';
import { configOption, dataDirOption, DEFAULT_DATA_DIR, jsonOption, portOption, type JsonOption } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { createProgressLine } from '../progress-line.js';

interface DevOptions extends JsonOption {
  config?: string;
  dataDir?: string;
  temporalPort?: number;
  uiPort?: number;
  lineagePort?: number;
  modelServerPort?: number;
}

/** `millrace dev`: the embedded mode, until Ctrl-C. */
export function devCommand(program: Command): void {
  program
    .command('dev')
    .description('run everything on this machine: Temporal, lineage, workers, model server')
    .addOption(dataDirOption())
    .addOption(configOption())
    .addOption(portOption('--temporal-port', 'Temporal’s frontend (default: a free one)'))
    .addOption(portOption('--ui-port', 'Temporal’s web UI (default: a free one)'))
    .addOption(portOption('--lineage-port', 'the lineage owner (default: a free one)'))
    .addOption(portOption('--model-server-port', 'the model server (default: a free one)'))
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nTemporal is started too, unless TEMPORAL_ADDRESS names a server.\n\nExample:\n  millrace dev --temporal-port 7233 --ui-port 8233',
    )
    .action(async (options: DevOptions) => {
      process.exitCode = await dev(options);
    });
}

async function dev(options: DevOptions): Promise<number> {
  let embedded: EmbeddedMode | undefined;
  const signal = interruption(() => embedded?.kill());
  // A mistake in the configuration is said here, not found in a worker’s log.
  const { projectDir, file } = await loadConfig({ cwd: process.cwd(), file: options.config });
  const progress = createProgressLine();
  try {
    embedded = await startEmbedded({
      dataDir: options.dataDir ?? process.env.MILLRACE_DATA_DIR ?? DEFAULT_DATA_DIR,
      projectDir,
      configFile: file,
      ports: {
        temporal: options.temporalPort,
        temporalUi: options.uiPort,
        lineage: options.lineagePort,
        modelServer: options.modelServerPort,
      },
      onProgress: (message) => progress.working(message),
      signal,
    });
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    progress.end();
  }
  const addresses = embeddedAddressesSchema.parse(embedded);
  if (options.json) printJson(addresses);
  else console.log(inWords(addresses));
  const failure = await Promise.race([embedded.failed, aborted(signal)]);
  if (!options.json) console.log('stopping');
  await embedded.close();
  if (failure !== undefined) throw failure;
  return EXIT.done;
}

function inWords(addresses: EmbeddedAddresses): string {
  return [
    'Millrace is running; Ctrl-C ends it.',
    `  Temporal UI    ${addresses.temporalUi ?? '(not ours)'}`,
    `  Temporal       ${addresses.temporalAddress}, namespace ${addresses.namespace}`,
    `  lineage        ${addresses.lineageUrl}`,
    `  model server   ${addresses.modelServerUrl}`,
    `  data           ${addresses.dataDir}`,
  ].join('\n');
}
