import { userInfo } from 'node:os';
import { Option, type Command } from 'commander';
import {
  MillraceError,
  type BackfillHandle,
  type BackfillProgress,
  type BackfillResult,
  type BackfillStatus,
  type BackfillSummary,
  type MillraceClient,
} from '../../client/index.js';
import { listOrphans } from '../../client/backfill-orphans.js';
import { parseBackfillId } from '../../schemas/workflow-ids.js';
import { backfillInWords, backfillLine, progressInWords } from '../backfill-words.js';
import {
  addTargetOptions,
  jsonOption,
  parseCount,
  parsePriority,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { printJson } from '../output.js';
import { recordActions } from '../record-actions.js';
import { plainTable } from '../plain-table.js';
import { withClient } from '../with-client.js';

type Options = TargetOptions & JsonOption;

interface WhoOptions extends Options {
  by?: string;
  reason?: string;
}

/** Statuses of backfills that somebody ended in Temporal itself. */
const ENDED_FROM_OUTSIDE: readonly string[] = ['CANCELLED', 'TERMINATED', 'TIMED_OUT'];

const WHICH = '<backfill>';
const WHICH_HELP = 'its id, as in backfill/flight-delays/2001-03-01..2001-03-31, or the pipeline of the one that runs';

/** `millrace backfills`: lists backfills, shows them, and sends them the updates that the Temporal UI sends. */
export function backfillsCommand(program: Command): void {
  const backfills = program.command('backfills').description('list, show, pause, resume, change and cancel backfills');

  common(backfills.command('ls [pipeline]').description('list backfills, newest first, and how far they are'))
    .option('--running', 'only those that are under way')
    .option('--limit <count>', 'greatest number', parseCount, 20)
    .action(async (pipeline: string | undefined, options: Options & { running?: boolean; limit: number }) => {
      const { running, limit } = options;
      const list = await withClient(options, (client) => client.backfills({ pipeline, running, limit }));
      if (options.json) printJson({ backfills: list });
      else console.log(list.length === 0 ? 'no backfills' : listInWords(list));
    });

  common(backfills.command('show').description('show how far a backfill is, or how it ended'))
    .argument(WHICH, WHICH_HELP)
    .action(async (which: string, options: Options) => {
      await withClient(options, async (client) => {
        const handle = await find(client, which, true);
        const shown = await progressOrResult(client, handle);
        if (options.json) printJson(shown);
        else if ('verdict' in shown) console.log(`${handle.workflowId}\n${backfillInWords(shown)}`);
        else console.log(`${handle.workflowId}\n${endInWords(handle.workflowId, shown)}${progressInWords(shown)}`);
      });
    });

  update(backfills, 'pause', 'start no more runs; those under way go on', (handle, who) => handle.pause(who));
  update(backfills, 'resume', 'start runs again', (handle, who) => handle.resume(who));
  update(backfills, 'retry-failed', 'run again what failed so far', (handle, who) => handle.retryFailed(who));

  who(backfills.command('set').description('change how many runs it has at once, and their priority'))
    .argument(WHICH, WHICH_HELP)
    .option('--max-active <count>', 'runs at once, up to 500', parseCount)
    .option('--priority <level>', 'priority of runs that are started from now on, 1 first, 5 last', parsePriority)
    .action(async (which: string, options: WhoOptions & { maxActive?: number; priority?: number }) => {
      const { maxActive, priority } = options;
      if (maxActive === undefined && priority === undefined) {
        throw new MillraceError('INPUT_INVALID', 'nothing to change: give --max-active, --priority or both');
      }
      await tell(which, options, async (handle, who) => {
        let progress: BackfillProgress | undefined;
        if (maxActive !== undefined) progress = await handle.setMaxActive({ ...who, maxActive });
        if (priority !== undefined) progress = await handle.setPriority({ ...who, priority });
        return progress ?? handle.progress();
      });
    });

  who(backfills.command('cancel').description('end it, or leave out one of its partitions'))
    .argument(WHICH, WHICH_HELP)
    .option('--partition <key>', 'only this partition: it is left out, or its run is cancelled')
    .addOption(
      new Option('--running <what>', 'whether runs under way come to their end, or are cancelled').choices([
        'finish',
        'stop',
      ]),
    )
    .action(async (which: string, options: WhoOptions & { partition?: string; running?: 'finish' | 'stop' }) => {
      const { partition, running } = options;
      if (partition !== undefined && running !== undefined) {
        throw new MillraceError('INPUT_INVALID', '--running is about the whole backfill, --partition about one run');
      }
      const send = (handle: BackfillHandle, who: Who) =>
        partition === undefined ? handle.cancel({ ...who, running }) : handle.cancelPartition({ ...who, partition });
      const { handle, progress, by } = await tell(which, options, send, running === 'stop');
      if (progress.phase !== 'ended') return;
      // It could not put that on record itself.
      const reason = [
        `its ${progress.running} runs that went on`,
        ...(options.reason === undefined ? [] : [options.reason]),
      ].join('; ');
      await recordActions(options, [{ action: 'cancel', target: handle.workflowId, reason, actor: by }]);
    });
}

type Who = { by: string; reason: string | undefined };

function update(
  group: Command,
  name: string,
  description: string,
  send: (handle: BackfillHandle, who: Who) => Promise<BackfillProgress>,
): void {
  who(group.command(name).description(description))
    .argument(WHICH, WHICH_HELP)
    .action(async (which: string, options: WhoOptions) => void (await tell(which, options, send)));
}

async function tell(
  which: string,
  options: WhoOptions,
  send: (handle: BackfillHandle, who: Who) => Promise<BackfillProgress>,
  ended = false,
): Promise<{ handle: BackfillHandle; progress: BackfillProgress; by: string }> {
  const { by = userInfo().username, reason } = options;
  return withClient(options, async (client) => {
    const handle = await find(client, which, ended);
    const progress = await send(handle, { by, reason });
    if (options.json) printJson(progress);
    else console.log(`${handle.workflowId}\n${backfillLine(progress)}${orphansInWords(progress)}`);
    return { handle, progress, by };
  });
}

function orphansInWords({ phase, running, active }: BackfillProgress): string {
  return phase === 'ended' && running > 0 ? `\nasked to end: ${active.join(', ')}` : '';
}

/**
 * The backfill that is meant: by its id, or the one of a pipeline that runs.
 * @param ended whether, where none runs, the newest that has ended will do
 * @throws NOT_FOUND; INPUT_INVALID where a pipeline has several that run
 */
async function find(client: MillraceClient, which: string, ended = false): Promise<BackfillHandle> {
  if (parseBackfillId(which) !== null) return client.getBackfill({ workflowId: which });
  const running = await client.backfills({ pipeline: which, running: true });
  const [only] = running.length > 0 || !ended ? running : await client.backfills({ pipeline: which, limit: 1 });
  if (only === undefined) {
    throw new MillraceError(
      'NOT_FOUND',
      ended
        ? `there was no backfill of ${which}`
        : `no backfill of ${which} is under way; millrace backfills ls has those that ended`,
    );
  }
  if (running.length <= 1) return client.getBackfill({ workflowId: only.workflowId });
  throw new MillraceError('INPUT_INVALID', `${running.length} backfills of ${which} are under way; say which`, {
    problems: running.map(({ workflowId }) => ({ path: 'backfill', message: workflowId })),
  });
}

/**
 * The result of one that has ended; of one that Temporal ended, which has none, how, and how far it was by then.
 * @throws the error that it failed with
 */
async function progressOrResult(
  client: MillraceClient,
  handle: BackfillHandle,
): Promise<BackfillResult | (BackfillProgress & { ended?: BackfillStatus })> {
  const { status } = await client.temporal.workflow.getHandle(handle.workflowId).describe();
  if (status.name === 'RUNNING') return handle.progress();
  if (!ENDED_FROM_OUTSIDE.includes(status.name)) return handle.result();
  const progress = await handle.progress();
  // It cannot know what became of those that it left behind.
  const active = await listOrphans(client.temporal, handle.workflowId);
  return {
    ...progress,
    phase: 'ended',
    expectedEnd: null,
    running: active.length,
    active,
    ended: status.name.toLowerCase() as BackfillStatus,
  };
}

function endInWords(workflowId: string, { ended, running }: { ended?: BackfillStatus; running: number }): string {
  if (ended === undefined) return '';
  const left = ended !== 'cancelled' && running > 0;
  const words = `${ended.replace('_', ' ')} in Temporal, ${ended === 'cancelled' ? 'with its runs' : 'without its runs'}`;
  return left
    ? `${words}; millrace backfills cancel ${workflowId} --running stop ends those that are still under way\n`
    : `${words}\n`;
}

function common(command: Command): Command {
  return addTargetOptions(command).addOption(jsonOption());
}

function who(command: Command): Command {
  return common(command)
    .option('--by <name>', 'who asks (default: the user of this machine)')
    .option('--reason <text>', 'why; it is on record');
}

function listInWords(backfills: readonly BackfillSummary[]): string {
  return plainTable(
    ['pipeline', 'range', 'status', 'started', 'how far'],
    backfills.map(({ pipeline, range, status, startedAt, progress }) => [
      pipeline,
      range,
      progress === null ? status.replace('_', ' ') : progress.phase,
      startedAt,
      progress === null ? '' : farInWords(progress),
    ]),
  );
}

function farInWords(progress: BackfillProgress): string {
  const { planned, waiting, running, failures } = progress;
  const failed = failures.length === 0 ? '' : `, the last that failed: ${failures[0]?.partition}`;
  return `${planned - waiting - running} of ${planned}, ${running} running${failed}`;
}
