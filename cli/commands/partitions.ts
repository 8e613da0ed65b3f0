import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { createPartitions, type DynamicPartitions } from '../../client/partitions.js';
import { createLineageClient } from '../../engine/lineage/index.js';
import { MillraceError } from '../../schemas/errors.js';
import { hint } from '../../schemas/nearest.js';
import type { PartitionSet, PartitionSetChanged, PartitionSetKeys } from '../../schemas/partition-set.js';
import { addTargetOptions, jsonOption, parseCount, type JsonOption, type TargetOptions } from '../options.js';
import { printJson } from '../output.js';
import { plainTable } from '../plain-table.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

type Options = TargetOptions & JsonOption;

interface ListOptions extends Options {
  limit: number;
  after?: string;
}

interface ChangeOptions extends Options {
  by: string;
  reason?: string;
}

/** The last run of each key of a page, by pipeline. */
type Runs = Map<string, Map<string, string>>;

/** `millrace partitions`: the keys of dynamic sets. */
export function partitionsCommand(program: Command): void {
  const command = program
    .command('partitions')
    .description('list the keys of dynamic sets of partitions, add keys and remove some');

  common(command.command('ls').description('list the dynamic sets, or the keys of one with the last run of each'))
    .argument('[set]', 'name of the set')
    .option('--limit <count>', 'how many keys to list, at most 10000', parseCount, 100)
    .option('--after <cursor>', 'go on after the page whose `next` this is')
    .action(async (set: string | undefined, options: ListOptions) => {
      const { url, sets } = await openSets(options);
      if (set === undefined) {
        const found = await sets.list();
        if (options.json) printJson({ sets: found });
        else console.log(setsInWords(found));
        return;
      }
      const { limit, after } = options;
      const page = await sets.keys(set, { limit, ...(after !== undefined && { after }) });
      if (page.changedAt === null && page.pipelines.length === 0) await refuseUnknown(sets, set);
      const runs = await lastRuns(url, page);
      if (options.json) printJson(withRuns(page, runs));
      else console.log(keysInWords(page, runs));
    });

  change(command, 'add', 'add keys to a set; those that it has already stay as they are').addHelpText(
    'after',
    '\nWithout keys, they are read from the standard input: one a line, or a JSON array.\n\nExamples:\n  millrace partitions add customers acme globex\n  cut -d, -f1 customers.csv | millrace partitions add customers',
  );
  change(command, 'remove', 'remove keys from a set; what they have on record, runs and versions, stays').addHelpText(
    'after',
    '\nExample:\n  millrace partitions remove customers globex --reason "left in May"',
  );
}

function change(parent: Command, verb: 'add' | 'remove', description: string): Command {
  return common(parent.command(verb).description(description))
    .argument('<set>', 'name of the set')
    .argument('[keys...]', 'keys; without any they are read from the standard input')
    .option('--by <actor>', 'who changes it, for the record', userInfo().username)
    .option('--reason <text>', 'why; it is on the audit record')
    .action(async (set: string, given: string[], options: ChangeOptions) => {
      const { sets } = await openSets(options);
      const keys = given.length > 0 ? given : await keysOfInput();
      const { by, reason } = options;
      const changed = await sets[verb](set, keys, { by, ...(reason !== undefined && { reason }) });
      const { pipelines } = await sets.keys(set, { limit: 1 });
      if (options.json) printJson({ set, ...changed, pipelines });
      else console.log(changeInWords(set, verb, changed, pipelines.length));
    });
}

function common(command: Command): Command {
  return addTargetOptions(command).addOption(jsonOption());
}

async function openSets(options: Options): Promise<{ url: string; sets: DynamicPartitions }> {
  const url = requireLineageUrl(await resolveTarget(options));
  return { url, sets: createPartitions({ url, timeoutMs: 60_000 }) };
}

/** Keys of the standard input: a JSON array of texts, or one a line; blanks around a line are none of the key. */
async function keysOfInput(): Promise<string[]> {
  if (process.stdin.isTTY) {
    throw new MillraceError('INPUT_INVALID', 'no keys were given, and the standard input is a terminal', {
      problems: [{ path: 'keys', message: 'must be given as arguments, or on the standard input' }],
    });
  }
  const input = (await text(process.stdin)).replace(/^\uFEFF/, '').trim();
  if (!input.startsWith('['))
    return input === ''
      ? []
      : input
          .split(/\r?\n/)
          .map((line) => line.trim())
          .filter(Boolean);
  try {
    return JSON.parse(input) as string[];
  } catch (error) {
    const message = `the standard input begins as a JSON array and is none: ${(error as Error).message}`;
    throw new MillraceError('INPUT_INVALID', message, { problems: [{ path: 'keys', message }] });
  }
}

async function refuseUnknown(sets: DynamicPartitions, set: string): Promise<never> {
  const names = (await sets.list()).map((one) => one.set);
  const message = `there is no set "${set}"${hint(set, names)}; no key was ever added to it, and no pipeline has it`;
  throw new MillraceError('NOT_FOUND', message, { problems: [{ path: 'set', message }] });
}

/** Of pipelines whose whole key is of the set: of those with another dimension a key has many runs. */
async function lastRuns(url: string, { keys, pipelines }: PartitionSetKeys): Promise<Runs> {
  const runs: Runs = new Map();
  if (keys.length === 0) return runs;
  const lineage = createLineageClient({ url, timeoutMs: 60_000 });
  for (const { pipeline, dimension } of pipelines) {
    if (dimension !== null) continue;
    const latest = await lineage.latestRuns(
      pipeline,
      keys.map(({ key }) => key),
    );
    runs.set(pipeline, new Map(latest.map(({ partition, verdict }) => [partition, verdict ?? 'running'])));
  }
  return runs;
}

function withRuns(page: PartitionSetKeys, runs: Runs) {
  const keys = page.keys.map((one) => ({
    ...one,
    lastRuns: Object.fromEntries([...runs].map(([pipeline, last]) => [pipeline, last.get(one.key) ?? null])),
  }));
  return { ...page, keys };
}

function setsInWords(sets: readonly PartitionSet[]): string {
  if (sets.length === 0) return 'no dynamic sets: no pipeline names one, and none has keys';
  return plainTable(
    ['set', 'keys', 'changed', 'pipelines'],
    sets.map(({ set, keys, changedAt, pipelines }) => [
      set,
      keys,
      changedAt ?? 'never',
      pipelines
        .map(({ pipeline, dimension }) => (dimension === null ? pipeline : `${pipeline} (${dimension})`))
        .join(', '),
    ]),
  );
}

function keysInWords({ set, total, keys, next }: PartitionSetKeys, runs: Runs): string {
  if (total === 0) return `${set} has no keys; add some with: millrace partitions add ${set} KEY`;
  const pipelines = [...runs.keys()];
  const table = plainTable(
    ['key', 'added', 'by', ...pipelines],
    keys.map(({ key, addedAt, addedBy }) => [
      key,
      addedAt,
      addedBy,
      ...pipelines.map((pipeline) => runs.get(pipeline)?.get(key) ?? 'never ran'),
    ]),
  );
  const more = next === null ? '' : `\nthere are more: --after ${next}`;
  return `${table}\n${total} key${total === 1 ? '' : 's'} in ${set}${more}`;
}

function changeInWords(set: string, verb: 'add' | 'remove', changed: PartitionSetChanged, pipelines: number): string {
  const { added, removed, unchanged, total } = changed;
  const done =
    verb === 'add' ? `${added} added, ${unchanged} there already` : `${removed} removed, ${unchanged} not there`;
  const unused = pipelines > 0 ? '' : `\nno pipeline that a worker has declared names the set ${set}`;
  return `${set}: ${done}; ${total} key${total === 1 ? '' : 's'} now${unused}`;
}
