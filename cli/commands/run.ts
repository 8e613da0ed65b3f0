import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { awaitBeginning } from '../../client/await-beginning.js';
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
import { addParam, type Params } from '../run-params.js';
import { inWords } from '../run-words.js';
import { withClient } from '../with-client.js';
import { workflowLink } from '../../schemas/workflow-link.js';

interface RunOptions extends TargetOptions, JsonOption, CacheOptions {
  partition?: string;
  logicalTime?: string;
  param: Params;
  force?: string;
  requestedBy?: string;
  wait?: boolean;
}

/** `millrace run`: starts or joins a run. Exit code 0 succeeded (or started), 1 another verdict, 2 it could not run. */
export function runCommand(program: Command): void {
  const command = program
    .command('run')
    .description('start a pipeline for a partition, or join the run that is under way')
    .argument('<pipeline>', 'name of the pipeline')
    .option('--partition <key>', 'partition (default: the last one that is complete)')
    .option('--logical-time <instant>', 'time that the run is about, as in 2001-03-02T03:00:00Z (default: now)')
    .option(
      '--param <name=value>',
      'run parameter; may be repeated; quote a text that looks like a number',
      addParam,
      {},
    )
    .option('--force <reason>', 'let a model pass the evaluation gate although it fails; the reason is on record')
    .option('--requested-by <name>', 'who asks (default: the user of this machine)')
    .option('--wait', 'follow the run to its end; the exit code is 0 only if it succeeded');
  addCacheOptions(command, 'use');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace run flight-delays --partition 2001-03-01 --param seed=7 --wait')
    .action(async (pipeline: string, options: RunOptions) => {
      process.exitCode = await run(pipeline, options);
    });
}

async function run(pipeline: string, options: RunOptions): Promise<number> {
  return withClient(options, async (client, target) => {
    const requestedBy = options.requestedBy ?? userInfo().username;
    const handle = await client.startRun({
      pipeline,
      partition: options.partition,
      logicalTime: options.logicalTime,
      params: options.param,
      force: options.force === undefined ? undefined : { by: requestedBy, reason: options.force },
      cache: cacheMode(options),
      requestedBy,
    });
    const started = {
      workflowId: handle.workflowId,
      runId: handle.runId,
      attached: handle.attached,
      ui: workflowLink(target.temporalUi, client.namespace, handle.workflowId),
    };
    if (!options.wait) {
      if (!handle.attached) await awaitBeginning(handle);
      if (options.json) printJson(started);
      else console.log(startedInWords(started));
      return EXIT.done;
    }
    process.stderr.write(`${startedInWords(started)}\n`);
    const result = await followRun(handle);
    if (result === undefined) {
      process.stderr.write(`the run goes on; follow it again with the same command\n`);
      return EXIT.interrupted;
    }
    if (options.json) printJson(result);
    else console.log(inWords(result));
    return result.verdict === 'succeeded' ? EXIT.done : EXIT.no;
  });
}

function startedInWords(started: { workflowId: string; attached: boolean; ui: string | null }): string {
  const words = started.attached ? 'joined, it was under way already (its parameters hold)' : 'started';
  return `${started.workflowId}: ${words}${started.ui === null ? '' : `\n${started.ui}`}`;
}
