import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import { decideRetention, type RetentionDecision } from '../engine/datasets/index.js';
import { parseDatasetReference, type LineageClient } from '../engine/lineage/index.js';
import { isMillraceError, MillraceError } from '../schemas/errors.js';
import { markedName, type Mark, type Marked } from '../schemas/mark.js';
import type { RetentionFacts } from '../schemas/retention.js';
import { addDatasetCommand, lineageOf, print, type DatasetOptions } from './dataset-context.js';
import { findVersion } from './dataset-reference.js';
import { marksInWords, retentionInWords } from './retention-words.js';
import { parseReason } from './options.js';
import { configOrDefault } from './project-config.js';

interface MarkOptions extends DatasetOptions {
  why: string;
  by: string;
  until?: string;
}

/** Records that one request may have. */
const BATCH = 1000;

/** Commands that say what stays: pins, legal holds, and the retention classes of the project. */
export function addRetentionCommands(dataset: Command): void {
  addMark(dataset, 'pin', 'pin', 'keep a version, whatever retention says', (command) =>
    command.option('--until <date>', 'when the pin ends by itself, as in 2027-01-31', parseDate),
  );
  addLift(dataset, 'unpin', 'pin', 'take a pin back');
  addMark(dataset, 'hold', 'hold', 'put a dataset, a partition or a version on legal hold: nothing of it is removed');
  addLift(dataset, 'release', 'hold', 'take a legal hold back');
  addLift(dataset, 'clear', 'taint', 'say that what was recalled may be read again');

  addDatasetCommand(dataset, 'marks', 'list pins, legal holds and taints in force', (command) =>
    command.action(async (options: DatasetOptions) => {
      const marks = await (await lineageOf(options)).marks({ limit: 1000 });
      print(options, { marks }, () => marksInWords(marks));
    }),
  );

  addDatasetCommand(dataset, 'retain', 'let versions go that the retention classes do not keep', (command) =>
    command
      .argument('[dataset]', 'one dataset; all that have a class by default')
      .option('--dry-run', 'say what would go and why the rest stays, let nothing go')
      .option('--by <actor>', 'who applies it, for the record', userInfo().username)
      .addHelpText(
        'after',
        '\nWhat was let go is read no more; `millrace dataset sweep` removes its bytes after the grace time.\n\nExample:\n  millrace dataset retain --dry-run',
      )
      .action(retain),
  );
}

async function retain(
  only: string | undefined,
  options: DatasetOptions & { dryRun?: boolean; by: string },
): Promise<void> {
  const { retention } = (await configOrDefault(options.config)).config;
  const lineage = await lineageOf(options);
  const datasets = only === undefined ? Object.keys(retention.datasets) : [only];
  if (datasets.length === 0) {
    throw new MillraceError('CONFIG_INVALID', 'retention.datasets: no dataset has a retention class');
  }
  const now = new Date();
  const decisions: RetentionDecision[] = [];
  for (const dataset of datasets) {
    const name = retention.datasets[dataset];
    const rules = name === undefined ? undefined : retention.classes[name];
    const policy = name === undefined || rules === undefined ? undefined : { name, rules };
    for await (const facts of factsOf(lineage, dataset)) decisions.push(decideRetention(policy, facts, now));
  }
  const gone = decisions.filter(({ action }) => action === 'remove');
  if (options.dryRun !== true) await record(lineage, gone, options.by);
  const report = { dryRun: options.dryRun ?? false, versions: decisions };
  print(options, report, () => retentionInWords(report));
}

async function* factsOf(lineage: LineageClient, dataset: string): AsyncGenerator<RetentionFacts> {
  let after: string | null | undefined;
  while (after !== null) {
    const page = await lineage.retentionFacts(dataset, { limit: 1000, ...(after !== undefined && { after }) });
    yield* page.versions;
    after = page.next;
  }
}

/** Where one of a batch has come to be needed since that was decided, it stays, and the others are recorded one by one. */
async function record(lineage: LineageClient, gone: readonly RetentionDecision[], actor: string): Promise<void> {
  const about = { kind: 'version_removed' as const, at: new Date().toISOString(), actor };
  const removals = (batch: readonly RetentionDecision[]) =>
    batch.map(({ ref, reasons, published }) => ({
      ...about,
      key: `removed/${randomUUID()}`,
      ref,
      reason: reasons.map(({ message }) => message).join('; '),
      published,
    }));
  for (let start = 0; start < gone.length; start += BATCH) {
    const batch = gone.slice(start, start + BATCH);
    try {
      await lineage.record(removals(batch));
    } catch (error) {
      if (!isHeld(error)) throw error;
      for (const decision of batch) {
        await lineage.record(removals([decision])).catch((reason: unknown) => {
          if (!isHeld(reason)) throw reason;
          decision.action = 'keep';
          decision.reasons = [{ reason: 'needed_since', message: reason.message }];
        });
      }
    }
  }
}

const isHeld = (error: unknown): error is MillraceError => isMillraceError(error) && error.code === 'VERSION_HELD';

function addMark(
  dataset: Command,
  name: string,
  mark: Mark,
  description: string,
  build: (command: Command) => Command = (command) => command,
): void {
  addDatasetCommand(dataset, name, description, (command) =>
    build(withWhy(command)).action(async (text: string, { why, by, until, ...options }: MarkOptions) => {
      const lineage = await lineageOf(options);
      const on = await subjectOf(lineage, text, mark);
      const about = { key: `mark/${randomUUID()}`, at: new Date().toISOString(), mark, on, actor: by, reason: why };
      await lineage.record([{ kind: 'mark_set', ...about, until: until ?? null }]);
      print(options, { mark, on, by, why, until: until ?? null }, () => `${mark} on ${markedName(on)}`);
    }),
  );
}

function addLift(dataset: Command, name: string, mark: Mark, description: string): void {
  addDatasetCommand(dataset, name, description, (command) =>
    withWhy(command).action(async (text: string, { why, by, ...options }: MarkOptions) => {
      const lineage = await lineageOf(options);
      const on = await subjectOf(lineage, text, mark);
      const about = { key: `mark/${randomUUID()}`, at: new Date().toISOString(), mark, on, actor: by, reason: why };
      await lineage.record([{ kind: 'mark_lifted', ...about }]);
      print(options, { mark, on, by, why }, () => `no ${mark} on ${markedName(on)} any more`);
    }),
  );
}

function withWhy(command: Command): Command {
  return command
    .argument('<dataset>', 'DATASET[/PARTITION][@VERSION]')
    .requiredOption('--why <text>', 'why, for the record: 3 to 500 characters', parseReason)
    .option('--by <actor>', 'who, for the record', userInfo().username);
}

/** A hold may be on all of a dataset or a partition; the other marks are on a version, by default the published one. */
async function subjectOf(lineage: LineageClient, text: string, mark: Mark): Promise<Marked> {
  const model = /^model:([^@]+)@(.+)$/.exec(text);
  if (mark === 'taint' && model?.[1] !== undefined) {
    const { versions } = await lineage.model(model[1]);
    const found = versions.find(({ version, digest }) => String(version) === model[2] || digest === model[2]);
    if (found === undefined) throw new MillraceError('MODEL_NOT_FOUND', `${text} is not on record`);
    return { kind: 'model', model: found.model, digest: found.digest };
  }
  const { dataset, partition, version } = parseDatasetReference(text.replace(/^dataset:/, ''));
  if (mark === 'hold' && version === undefined) {
    const [known] = await lineage.datasetVersions(dataset, { limit: 1, ...(partition !== undefined && { partition }) });
    if (known !== undefined) return { kind: 'dataset', dataset, partition: partition ?? null, version: null };
  }
  const { ref } = await findVersion(lineage, text.replace(/^dataset:/, ''));
  return { kind: 'dataset', dataset, partition: ref.partition, version: ref.version };
}

function parseDate(text: string): string {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new InvalidArgumentError('must be a date or time, as in 2027-01-31');
  if (time < Date.now()) throw new InvalidArgumentError('must be in the future');
  return new Date(time).toISOString();
}
