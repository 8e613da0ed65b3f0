import type { Command } from 'commander';
import { loadConfig } from '../../workers/load-config.js';
import { interruption } from '../interruption.js';
import {
  addTargetOptions,
  configOption,
  jsonOption,
  portOption,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { endProcess, printJson } from '../output.js';
import { configOrDefault } from '../project-config.js';
import { requireLineageUrl, resolveTarget, workerConnection } from '../target.js';

interface WorkerOptions extends TargetOptions, JsonOption {
  role: string[];
  config?: string;
  lineageHost: string;
  lineagePort: number;
  lineageStandby?: boolean;
}

/** `millrace worker`: workers of some roles, until Ctrl-C. */
export function workerCommand(program: Command): void {
  const command = program
    .command('worker')
    .description('run workers of one or more roles')
    .requiredOption(
      '--role <role...>',
      'orchestration, data, training, rollout or lineage; with a tag as in training-gpu',
    )
    .addOption(configOption())
    .option('--lineage-host <host>', 'where the lineage owner listens, for the role lineage', '127.0.0.1')
    .addOption(portOption('--lineage-port', 'the lineage owner, for the role lineage').default(7610));
  command.option('--lineage-standby', 'for the role lineage: wait for the database, take over when its owner is gone');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace worker --role training --lineage-url http://lineage:7610')
    .action(worker);
}

async function worker(options: WorkerOptions): Promise<void> {
  const signal = interruption();
  const roles = [...new Set(options.role)];
  const ownsLineage = roles.includes('lineage');
  const target = await resolveTarget(options);
  const loaded = roles.every((role) => role === 'lineage')
    ? await configOrDefault(options.config)
    : await loadConfig({ cwd: process.cwd(), file: options.config });
  // Loaded here alone: native modules that the other commands, and --help, do without.
  const { runWorker } = await import('../../workers/run-worker.js');
  const { createLogger, installRuntime } = await import('../../workers/logger.js');
  const logger = createLogger('worker');
  installRuntime(logger);
  await runWorker({
    roles,
    config: loaded.config,
    projectDir: loaded.projectDir,
    dataDir: target.dataDir,
    temporal: workerConnection(target),
    lineageUrl: ownsLineage ? undefined : requireLineageUrl(target),
    lineageListen: { host: options.lineageHost, port: options.lineagePort },
    lineageStandby: options.lineageStandby,
    logger,
    signal,
    onReady: ({ lineageUrl }) => {
      if (options.json) printJson({ ready: true, roles, lineageUrl });
    },
  });
  endProcess();
}
