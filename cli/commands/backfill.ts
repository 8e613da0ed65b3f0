import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Option, type Command } from 'commander';
import {
  type BackfillHandle,
  type BackfillProgress,
  type BackfillRequest,
  type BackfillResult,
} from '../../client/index.js';
import { awaitBeginning } from '../../client/await-beginning.js';
import { backfillInWords, backfillLine, planInWords } from '../backfill-words.js';
import { interruption } from '../interruption.js';
import {
  addCacheOptions,
  addTargetOptions,
  cacheMode,
  jsonOption,
  parseCount,
  parsePriority,
  type CacheOptions,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { createProgressLine } from '../progress-line.js';
import { addParam, type Params } from '../run-params.js';
import { withClient } from '../with-client.js';
import { workflowLink } from '../../schemas/workflow-link.js';

interface BackfillOptions extends TargetOptions, JsonOption, CacheOptions {
  from?: string;
  to?: string;
  keys?: string[];
  reprocess: BackfillRequest['reprocess'];
  maxActive?: number;
  order: BackfillRequest['order'];
  param: Params;
  priority?: number;
  stopAfterFailures?: number;
  planHash?: string;
  requestedBy?: string;
  reason?: string;
  checksOff?: string;
  checksAtEnd?: boolean;
  asRun?: boolean;
  dryRun?: boolean;
  wait?: boolean;
}

const POLL_MS = 1_000;

/** `millrace backfill`: runs a range of partitions. Exit code 0 every run succeeded (or started), 1 not every one, 2 it could not begin. */
export function backfillCommand(program: Command): void {
  const command = program
    .command('backfill')
    .description(
      'run a pipeline for each partition of a range that needs it, or attach to the backfill that is under way',
    )
    .argument('<pipeline>', 'name of the pipeline')
    .option('--from <key>', 'first partition; without a range and keys, all partitions of a static or dynamic set')
    .option('--to <key>', 'last partition; it is included')
    .addOption(new Option('--keys <keys...>', 'these partitions instead of a range').conflicts(['from', 'to']))
    .addOption(
      new Option('--reprocess <which>', 'which partitions run, besides those that never ran')
        .choices(['missing', 'failed', 'stale', 'all'])
        .default('missing'),
    )
    .option('--max-active <count>', 'runs at once, up to 500 (default: 10)', parseCount)
    .addOption(
      new Option('--order <order>', 'oldest or newest first').choices(['forward', 'backward']).default('forward'),
    )
    .option(
      '--param <name=value>',
      'run parameter; may be repeated; quote a text that looks like a number',
      addParam,
      {},
    )
    .option('--priority <level>', 'priority of the runs, 1 first, 5 last (default: 5)', parsePriority)
    .option('--stop-after-failures <count>', 'start no more runs after so many have failed', parseCount)
    .option('--as-run', 'run each partition with the steps, parameters and code of its own last run')
    .addOption(
      new Option(
        '--checks-at-end',
        'run without the check steps; their suites judge the whole range at the end',
      ).conflicts('checksOff'),
    )
    .option('--checks-off <reason>', 'run without the check steps; the reason is on record')
    .option('--plan-hash <hash>', 'do nothing unless the plan is the one with this hash')
    .option('--requested-by <name>', 'who asks (default: the user of this machine)')
    .option('--reason <text>', 'why; it is on record')
    .option('--dry-run', 'show the plan, run nothing')
    .option('--wait', 'follow it to its end; the exit code is 0 only if every run succeeded');
  addCacheOptions(command, 'use, or refresh with --reprocess all');
  addTargetOptions(command)
    .addOption(jsonOption())
    .addHelpText(
      'after',
      '\nExample:\n  millrace backfill flight-delays --from 2001-03-01 --to 2001-03-31 --dry-run\n  millrace backfill flight-delays --from 2001-03-01 --to 2001-03-31 --max-active 8 --wait\n  millrace backfill billing --keys acme globex --dry-run',
    )
    .action(async (pipeline: string, options: BackfillOptions) => {
      process.exitCode = await backfill(pipeline, options);
    });
}

async function backfill(pipeline: string, options: BackfillOptions): Promise<number> {
  return withClient(options, async (client, target) => {
    const request = requestOf(pipeline, options);
    if (options.dryRun) {
      const plan = await client.planBackfill(request);
      if (options.json) printJson(plan);
      else console.log(planInWords(plan));
      return EXIT.done;
    }
    const handle = await client.startBackfill(request);
    const { workflowId, attached } = handle;
    const started = { workflowId, attached, ui: workflowLink(target.temporalUi, client.namespace, workflowId) };
    const words = `${workflowId}: ${attached ? 'joined, it was under way already' : 'started'}${started.ui === null ? '' : `\n${started.ui}`}`;
    if (!options.wait) {
      if (!attached) await awaitBeginning(handle);
      if (options.json) printJson(started);
      else console.log(words);
      return EXIT.done;
    }
    process.stderr.write(`${words}\n`);
    const result = await follow(handle);
    if (result === undefined) {
      process.stderr.write('the backfill goes on; follow it again with the same command\n');
      return EXIT.interrupted;
    }
    if (options.json) printJson(result);
    else console.log(backfillInWords(result));
    return result.verdict === 'succeeded' ? EXIT.done : EXIT.no;
  });
}

function requestOf(pipeline: string, options: BackfillOptions): BackfillRequest {
  const { from, to, keys, reprocess, maxActive, order, param: params, priority, stopAfterFailures } = options;
  const { planHash, reason } = options;
  const limits = { maxActive, priority, stopAfterFailures };
  const checks =
    options.checksOff === undefined ? (options.checksAtEnd ? 'atEnd' : 'each') : { off: options.checksOff };
  const requestedBy = options.requestedBy ?? userInfo().username;
  const version = options.asRun ? 'as-run' : 'latest';
  const about = { planHash, requestedBy, reason, cache: cacheMode(options) };
  return { pipeline, from, to, keys, reprocess, order, params, checks, version, ...about, ...limits };
}

/** Shows how far it is; undefined if the user has seen enough. */
async function follow(handle: BackfillHandle): Promise<BackfillResult | undefined> {
  const signal = interruption();
  const line = createProgressLine();
  const outcome = handle.result().then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  try {
    for (let shown = ''; ;) {
      const poll = delay(POLL_MS, 'again' as const, { signal }).catch(() => 'enough' as const);
      const now = await Promise.race([outcome, poll]);
      if (now === 'enough') return undefined;
      if (now !== 'again') {
        if ('error' in now) throw now.error;
        return now.value;
      }
      // Without a worker it waits, and cannot be asked.
      const progress: BackfillProgress | undefined = await handle.progress().catch(() => undefined);
      const text = progress === undefined ? 'no worker answers' : backfillLine(progress);
      if (text !== shown) line.working((shown = text));
    }
  } finally {
    line.end();
  }
}
