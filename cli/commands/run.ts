import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { connect, isMillraceError, type RunHandle, type RunResult } from '../../client/index.js';
import { formatDuration } from '../../schemas/duration.js';
import { interruption } from '../interruption.js';
import { addTargetOptions, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT, printJson } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { addParam, type Params } from '../run-params.js';
import { changedSteps, inWords, phaseLine } from '../run-words.js';
import { resolveTarget } from '../target.js';
import { workflowLink } from '../workflow-link.js';

interface RunOptions extends TargetOptions, JsonOption {
  partition?: string;
  logicalTime?: string;
  param: Params;
  force?: string;
  requestedBy?: string;
  wait?: boolean;
}

const POLL_MS = 500;

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
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText('after', '\nExample:\n  millrace run flight-delays --partition 2001-03-01 --param seed=7 --wait')
    .action(async (pipeline: string, options: RunOptions) => {
      process.exitCode = await run(pipeline, options);
    });
}

async function run(pipeline: string, options: RunOptions): Promise<number> {
  const target = await resolveTarget(options);
  const client = await connect(target.temporal);
  try {
    const requestedBy = options.requestedBy ?? userInfo().username;
    const handle = await client.startRun({
      pipeline,
      partition: options.partition,
      logicalTime: options.logicalTime,
      params: options.param,
      force: options.force === undefined ? undefined : { by: requestedBy, reason: options.force },
      requestedBy,
    });
    const started = {
      workflowId: handle.workflowId,
      runId: handle.runId,
      attached: handle.attached,
      ui: workflowLink(target.temporalUi, client.namespace, handle.workflowId),
    };
    if (!options.wait) {
      if (options.json) printJson(started);
      else console.log(startedInWords(started));
      return EXIT.done;
    }
    process.stderr.write(`${startedInWords(started)}\n`);
    const result = await follow(handle);
    if (result === undefined) {
      process.stderr.write(`the run goes on; follow it again with the same command\n`);
      return EXIT.interrupted;
    }
    if (options.json) printJson(result);
    else console.log(inWords(result));
    return result.verdict === 'succeeded' ? EXIT.done : EXIT.no;
  } finally {
    await client.close();
  }
}

/** Shows the steps as they change; undefined if the user has seen enough. */
async function follow(handle: RunHandle): Promise<RunResult | undefined> {
  const signal = interruption();
  const line = createProgressLine();
  const began = Date.now();
  const outcome = handle.result().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  const poll = async () => delay(POLL_MS, 'again' as const, { signal }).catch(() => 'enough' as const);
  try {
    for (let seen = new Map<string, string>(), phase = ''; ;) {
      const now = await Promise.race([outcome, poll()]);
      if (now === 'enough') return undefined;
      // Without a worker the run waits, and cannot be asked; its result says more than the question could.
      const progress = await Promise.race([outcome, handle.progress().catch((error: unknown) => error)]);
      if (isProgress(progress)) {
        for (const text of changedSteps(progress, seen))
          line.say(`${formatDuration(Date.now() - began).padStart(8)}  ${text}`);
        seen = new Map(progress.steps.map((step) => [step.step, step.status]));
        if (phase !== phaseLine(progress)) line.working((phase = phaseLine(progress)));
      } else if (isMillraceError(progress) && phase !== progress.message) {
        line.working((phase = progress.message));
      }
      if (now === 'again') continue;
      if ('error' in now) throw now.error;
      return now.value;
    }
  } finally {
    line.end();
  }
}

function isProgress(value: unknown): value is Awaited<ReturnType<RunHandle['progress']>> {
  return typeof value === 'object' && value !== null && 'steps' in value;
}

function startedInWords(started: { workflowId: string; attached: boolean; ui: string | null }): string {
  const words = started.attached ? 'joined, it was under way already (its parameters hold)' : 'started';
  return `${started.workflowId}: ${words}${started.ui === null ? '' : `\n${started.ui}`}`;
}
