import { Option, type Command } from 'commander';
import { connect, isMillraceError, MillraceError, type RunProgress, type RunWork } from '../../client/index.js';
import { createLineageClient, type RunFilter } from '../../engine/lineage/index.js';
import type { RunDetails, RunSummary } from '../../schemas/lineage-api.js';
import { runVerdictField } from '../../schemas/run.js';
import { openExecutions, withExecution, type OpenExecution } from '../open-executions.js';
import { recordActions } from '../record-actions.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { parseRun } from '../run-reference.js';
import { detailsInWords, summaryCells } from '../run-words.js';
import { requireLineageUrl, resolveTarget, type Target } from '../target.js';
import { withClient } from '../with-client.js';

type Options = TargetOptions & JsonOption;

interface ListOptions extends Options {
  partition?: string;
  verdict?: RunFilter['verdict'];
  limit: number;
  after?: string;
}

/** `millrace runs`: the runs on record, one of them with its steps, and the end of one that is under way. */
export function runsCommand(program: Command): void {
  const runs = program.command('runs').description('list, show and cancel runs');

  common(runs.command('ls [pipeline]').description('list the runs on record, newest first'))
    .option('--partition <key>', 'only those of one partition')
    .addOption(
      new Option('--verdict <verdict>', 'only those that ended so; running: those that have not ended').choices([
        ...runVerdictField.options,
        'running',
      ]),
    )
    .option('--limit <count>', 'greatest number, up to 1000', parseCount, 20)
    .option('--after <cursor>', 'go on after the page whose `next` this is')
    .addHelpText('after', '\nExample:\n  millrace runs ls flight-delays --verdict failed')
    .action(async (pipeline: string | undefined, options: ListOptions) => {
      const { partition, verdict, limit, after } = options;
      const target = await resolveTarget(options);
      const lineage = createLineageClient({ url: requireLineageUrl(target) });
      const page = await lineage.runsPage({
        pipeline,
        partition,
        verdict,
        limit,
        ...(after !== undefined && { after }),
      });
      const open = await openExecutions(target, page.runs);
      const runs = page.runs.map((run) => withExecution(run, open));
      if (options.json) printJson({ runs, next: page.next });
      else console.log(runs.length === 0 ? 'no runs on record' : listInWords(runs, page.next));
    });

  common(runs.command('show').description('show the steps of a run, under way or ended'))
    .argument('<run>', 'as in run/flight-delays/2001-03-31 (the last of the partition), or its run id')
    .action(async (run: string, options: Options) => {
      const target = await resolveTarget(options);
      const details = await onRecord(target, run);
      const shown = withExecution(details, await openExecutions(target, [details]));
      const underWay = details.verdict === null && shown.execution === undefined;
      const { progress, work } = underWay ? await progressOf(target, details) : { progress: null, work: [] };
      if (options.json) printJson({ ...shown, progress, work });
      else console.log(detailsInWords(details, progress, work, shown.execution));
    });

  common(runs.command('cancel').description('end a run that is under way; what is committed stays'))
    .argument('<run>', 'as in run/flight-delays/2001-03-31')
    .requiredOption('--reason <text>', 'why; it is on record')
    .action(async (run: string, options: Options & { reason: string }) => {
      const about = parseRun(run);
      await withClient(options, async (client) => {
        const handle = await client.getRun(about);
        // Temporal takes the cancellation of what has ended, and does nothing.
        const { status } = await client.temporal.workflow.getHandle(handle.workflowId).describe();
        if (status.name !== 'RUNNING') throw new MillraceError('INPUT_INVALID', `${handle.workflowId} has ended`);
        await handle.cancel();
      });
      await recordActions(options, [{ action: 'run_cancel', target: run, reason: options.reason }]);
      if (options.json) printJson({ workflowId: run, cancelled: true });
      else console.log(`${run}: asked to end`);
    });
}

function common(command: Command): Command {
  return addTargetOptions(command).addOption(jsonOption());
}

/** @throws NOT_FOUND */
async function onRecord(target: Target, run: string): Promise<RunDetails> {
  const lineage = createLineageClient({ url: requireLineageUrl(target) });
  if (!run.includes('/')) return lineage.run(run);
  const [last] = await lineage.runs({ ...parseRun(run), limit: 1 });
  if (last === undefined) throw new MillraceError('NOT_FOUND', `no ${run} is on record`);
  return lineage.run(last.runId);
}

/** Null where nobody can say: it is no run of a pipeline, it has ended just now, or no worker answers. */
async function progressOf(
  target: Target,
  { workflowId }: RunSummary,
): Promise<{ progress: RunProgress | null; work: RunWork[] }> {
  let work: RunWork[] = [];
  try {
    const client = await connect({ ...target.temporal, timeoutMs: 3_000 });
    try {
      const handle = await client.getRun(parseRun(workflowId));
      work = await handle.work();
      return { progress: await handle.progress(), work };
    } finally {
      await client.close();
    }
  } catch (error) {
    if (isMillraceError(error)) return { progress: null, work };
    throw error;
  }
}

function listInWords(runs: readonly (RunSummary & OpenExecution)[], next: string | null): string {
  const table = plainTable(
    ['pipeline', 'partition', 'verdict', 'reason', 'started', 'took', 'asked by', 'run id'],
    runs.map((run) => [...summaryCells(run), run.requestedBy, run.runId]),
  );
  return next === null ? table : `${table}\nthere are more: --after ${next}`;
}
