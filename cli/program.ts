import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../engine/threads.js';

/** Commands, each in a file of its own that is loaded only when it is needed: starting is quick. */
const COMMANDS: Record<string, () => Promise<(program: Command) => void>> = {
  dev: async () => (await import('./commands/dev.js')).devCommand,
  demo: async () => (await import('./commands/demo.js')).demoCommand,
  run: async () => (await import('./commands/run.js')).runCommand,
  retry: async () => (await import('./commands/retry.js')).retryCommand,
  decide: async () => (await import('./commands/decide.js')).decideCommand,
  backfill: async () => (await import('./commands/backfill.js')).backfillCommand,
  schedule: async () => (await import('./commands/schedule.js')).scheduleCommand,
  triggers: async () => (await import('./commands/triggers.js')).triggersCommand,
  webhooks: async () => (await import('./commands/webhooks.js')).webhooksCommand,
  pools: async () => (await import('./commands/pools.js')).poolsCommand,
  alerts: async () => (await import('./commands/alerts.js')).alertsCommand,
  status: async () => (await import('./commands/status.js')).statusCommand,
  dataset: async () => (await import('./commands/dataset.js')).datasetCommand,
  lineage: async () => (await import('./commands/lineage.js')).lineageCommand,
  impact: async () => (await import('./commands/impact.js')).impactCommand,
  recall: async () => (await import('./commands/recall.js')).recallCommand,
  stale: async () => (await import('./commands/stale.js')).staleCommand,
  history: async () => (await import('./commands/history.js')).historyCommand,
  why: async () => (await import('./commands/why.js')).whyCommand,
  audit: async () => (await import('./commands/audit.js')).auditCommand,
  token: async () => (await import('./commands/token.js')).tokenCommand,
  worker: async () => (await import('./commands/worker.js')).workerCommand,
  serve: async () => (await import('./commands/serve.js')).serveCommand,
  check: async () => (await import('./commands/check.js')).checkCommand,
  profile: async () => (await import('./commands/profile.js')).profileCommand,
  drift: async () => (await import('./commands/drift.js')).driftCommand,
  suite: async () => (await import('./commands/suite.js')).suiteCommand,
  doctor: async () => (await import('./commands/doctor.js')).doctorCommand,
};

/**
 * The command line with the commands that are named, or all of them; nothing is run.
 * @param argv what was typed; a command that comes first is the only one that is loaded
 * @param quiet writes no usage errors: the caller tells of them
 */
export async function createProgram(argv: readonly string[] = [], quiet = false): Promise<Command> {
  const program = new Command('millrace')
    .description('Runs data and training pipelines on Temporal.')
    .version(version())
    .showHelpAfterError('(see --help)')
    .enablePositionalOptions() // a command with commands of its own leaves their options to them
    .exitOverride();
  if (quiet) program.configureOutput({ writeErr: () => undefined });
  const named = argv.find((argument) => Object.hasOwn(COMMANDS, argument));
  const needed = named === undefined || argv.indexOf(named) > 0 ? Object.keys(COMMANDS) : [named];
  for (const name of needed) (await COMMANDS[name]?.())?.(program);
  return program;
}

function version(): string {
  const manifest = readFileSync(join(packageRoot(__filename), 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
