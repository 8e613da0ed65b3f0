import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { followRun } from '../follow-run.js';
import {
  addCacheOptions,
  addTargetOptions,
  cacheMode,
  jsonOption,
  type CacheOptions,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { parseRun } from '../run-reference.js';
import { inWords } from '../run-words.js';
import { withClient } from '../with-client.js';

interface RetryOptions extends TargetOptions, JsonOption, CacheOptions {
  from?: string;
  by?: string;
  reason?: string;
  wait?: boolean;
}

/** `millrace retry`: goes on where a run ended or waits. Exit codes as those of `run`. */
export function retryCommand(program: Command): void {
  const command = program
    .command('retry')
    .description('go on with a run that failed, was refused or waits; what its steps did and is still valid is reused')
    .argument('<run>', 'the run, as in run/flight-delays/2001-03-31')
    .option('--from <step>', 'first step that is done again (default: what did not succeed)')
    .option('--by <name>', 'who asks (default: the user of this machine)')
    .option('--reason <text>', 'why; on record where a step waits')
    .option('--wait', 'follow the run to its end; the exit code is 0 only if it succeeded');
  addCacheOptions(command, 'use');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace retry run/flight-delays/2001-03-31 --from train --wait')
    .action(async (run: string, options: RetryOptions) => {
      process.exitCode = await retry(run, options);
    });
}

async function retry(run: string, options: RetryOptions): Promise<number> {
  const { pipeline, partition } = parseRun(run);
  return withClient(options, async (client) => {
    const { from, reason, by = userInfo().username } = options;
    const handle = await client.retryRun({ pipeline, partition, from, by, reason, cache: cacheMode(options) });
    const { workflowId, runId = null } = handle;
    const words = `${workflowId}: ${runId === null ? 'the step that waited goes on' : 'started again'}`;
    if (!options.wait) {
      if (options.json) printJson({ workflowId, runId });
      else console.log(words);
      return EXIT.done;
    }
    process.stderr.write(`${words}\n`);
    const result = await followRun(handle);
    if (result === undefined) return EXIT.interrupted;
    if (options.json) printJson(result);
    else console.log(inWords(result));
    return result.verdict === 'succeeded' ? EXIT.done : EXIT.no;
  });
}
