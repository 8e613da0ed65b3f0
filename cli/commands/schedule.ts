import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { type MillraceClient, type ScheduleChange, type ScheduleStatus } from '../../client/index.js';
import { partitionsOfFiring } from '../../engine/pipelines/index.js';
import type { Pipeline } from '../../schemas/pipeline.js';
import { scheduleId } from '../../schemas/schedule.js';
import { loadConfig } from '../../workers/load-config.js';
import { recordActions } from '../record-actions.js';
import { addTargetOptions, configOption, jsonOption, type JsonOption, type TargetOptions } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { withClient } from '../with-client.js';

type Options = TargetOptions & JsonOption;

interface ApplyOptions extends Options {
  config?: string;
  dryRun?: boolean;
  prune?: boolean;
}

interface NoteOptions extends Options {
  note?: string;
}

/** `millrace schedule`: puts the schedules of the configuration into Temporal, and says how they are. */
export function scheduleCommand(program: Command): void {
  const schedule = program
    .command('schedule')
    .description('apply, list, pause, resume and trigger the schedules of pipelines');

  common(
    schedule
      .command('apply')
      .description('make Temporal’s schedules what the configuration says, and show the difference'),
  )
    .addOption(configOption())
    .option('--dry-run', 'only show the difference; the exit code is 1 if there is one')
    .option('--prune', 'delete schedules of pipelines that have none in the configuration')
    .addHelpText('after', '\nExample:\n  millrace schedule apply --dry-run')
    .action(async (options: ApplyOptions) => {
      const { config } = await loadConfig({ cwd: process.cwd(), file: options.config });
      const { dryRun, prune } = options;
      const changes = await withClient(options, (client) =>
        client.schedules.apply(config.pipelines, { dryRun, prune }),
      );
      const made = changes.filter(({ change }) => ['create', 'update', 'delete'].includes(change));
      if (dryRun !== true) {
        await recordActions(
          options,
          made.map(({ pipeline, change, differences }) => ({
            action: `schedule_${change}`,
            target: scheduleId(pipeline),
            reason: differences.join('; '),
          })),
        );
      }
      if (options.json) printJson({ changes });
      else console.log(changesInWords(changes, dryRun === true));
      const differs = changes.some(({ change }) => change !== 'unchanged' && change !== 'unknown');
      process.exitCode = dryRun && differs ? EXIT.no : EXIT.done;
    });

  common(
    schedule.command('ls').description('list the schedules, whether they are paused, and their next firing'),
  ).action(async (options: Options) => {
    const schedules = await withClient(options, (client) => client.schedules.list());
    if (options.json) printJson({ schedules });
    else console.log(schedules.length === 0 ? 'no schedules; see: millrace schedule apply' : listInWords(schedules));
  });

  common(schedule.command('next <pipeline>').description('show the next ten firings, and the partition that each runs'))
    .addOption(configOption())
    .action(async (pipeline: string, options: ApplyOptions) => {
      const { next } = await withClient(options, (client) => client.schedules.describe(pipeline));
      const declared = await declaredPipeline(pipeline, options.config);
      const firings = next.map((at) => ({ at, partition: declared === undefined ? null : closedBy(declared, at) }));
      if (options.json) printJson({ pipeline, firings });
      else console.log(firings.map(({ at, partition }) => `${at}  ${partition ?? ''}`.trimEnd()).join('\n') || 'none');
    });

  common(schedule.command('pause <pipeline>').description('stop firing until it is resumed'))
    .option('--note <text>', 'why; shown in the Temporal UI')
    .action((pipeline: string, options: NoteOptions) =>
      tell(pipeline, options, 'paused', (client) => client.schedules.pause(pipeline, noteOf(options, 'paused'))),
    );
  common(schedule.command('resume <pipeline>').description('fire again'))
    .option('--note <text>', 'why; shown in the Temporal UI')
    .action((pipeline: string, options: NoteOptions) =>
      tell(pipeline, options, 'resumed', (client) => client.schedules.resume(pipeline, noteOf(options, 'resumed'))),
    );
  common(
    schedule.command('trigger <pipeline>').description('fire now, for the partition that is complete by now'),
  ).action((pipeline: string, options: Options) =>
    tell(pipeline, options, 'triggered', (client) => client.schedules.trigger(pipeline)),
  );
}

function common(command: Command): Command {
  return addTargetOptions(command).addOption(jsonOption());
}

async function tell(
  pipeline: string,
  options: NoteOptions,
  done: 'paused' | 'resumed' | 'triggered',
  work: (client: MillraceClient) => Promise<void>,
): Promise<void> {
  await withClient(options, work);
  const action = `schedule_${{ paused: 'pause', resumed: 'resume', triggered: 'trigger' }[done]}`;
  await recordActions(options, [{ action, target: scheduleId(pipeline), reason: options.note ?? '' }]);
  if (options.json) printJson({ pipeline, [done]: true });
  else console.log(`${pipeline}: ${done}`);
}

function noteOf({ note }: NoteOptions, what: string): string {
  return `${what} by ${userInfo().username}${note === undefined ? '' : `: ${note}`}`;
}

/** Undefined where there is no such pipeline in the configuration: the times are worth showing all the same. */
async function declaredPipeline(pipeline: string, file: string | undefined): Promise<Pipeline | undefined> {
  const { config } = await loadConfig({ cwd: process.cwd(), file });
  return config.pipelines.find(({ name }) => name === pipeline);
}

function closedBy({ partitions, schedule }: Pipeline, at: string): string {
  const time =
    partitions.kind === 'product'
      ? Object.values(partitions.dimensions).find(({ kind }) => kind !== 'static' && kind !== 'dynamic')
      : partitions;
  if (time === undefined || time.kind === 'static' || time.kind === 'dynamic') return 'every key';
  const keys = partitionsOfFiring(time, at, schedule).join(', ');
  if (keys === '') return 'none: its partitions begin later or have ended';
  return time === partitions ? keys : `every key of ${keys}`;
}

function changesInWords(changes: readonly ScheduleChange[], dryRun: boolean): string {
  if (changes.length === 0) return 'no pipeline has a schedule';
  const would = dryRun ? 'would ' : '';
  const words: Record<ScheduleChange['change'], string> = {
    create: `${would}create`,
    update: `${would}update`,
    delete: `${would}delete`,
    unchanged: 'unchanged',
    unknown: 'is not in the configuration; --prune deletes it',
  };
  return changes
    .flatMap(({ pipeline, change, differences }) => [
      `${pipeline}: ${words[change]}`,
      ...differences.map((line) => `  ${line}`),
    ])
    .join('\n');
}

function listInWords(schedules: readonly ScheduleStatus[]): string {
  return plainTable(
    ['pipeline', 'state', 'next', 'last', 'left out'],
    schedules.map(({ pipeline, paused, note, next, recent, skipped }) => [
      pipeline,
      paused ? `paused${note === '' ? '' : `: ${note}`}` : 'active',
      paused ? '' : (next[0] ?? 'never'),
      recent[0]?.at ?? '',
      skipped,
    ]),
  );
}
