import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import { InvalidArgumentError, type Command } from 'commander';
import {
  datasetFiles,
  diffVersions,
  exportVersion,
  readManifest,
  sweepStore,
  type SweepReport,
} from '../../engine/datasets/index.js';
import { parseDatasetReference, type LineageClient } from '../../engine/lineage/index.js';
import { profileFiles } from '../../engine/quality/index.js';
import { compareProfiles } from '../../engine/quality/drift/index.js';
import type { RecordedObject } from '../../schemas/lineage-api.js';
import { addDatasetCommand, lineageOf, print, withContext, type DatasetOptions } from '../dataset-context.js';
import { findVersion } from '../dataset-reference.js';
import { datasetsInWords, diffInWords, sweepInWords, versionInWords, versionsInWords } from '../dataset-words.js';
import { parseCount } from '../options.js';
import { EXIT } from '../exit-codes.js';
import { addRetentionCommands } from '../retention-commands.js';

/** `millrace dataset`: what versions there are, what is in them and between them, and what nobody needs. */
export function datasetCommand(program: Command): void {
  const command = program
    .command('dataset')
    .description('look at dataset versions, compare, export, pin and hold them, let them go');

  addDatasetCommand(command, 'ls', 'list the datasets on record', (ls) =>
    ls.action(async (options: DatasetOptions) => {
      const datasets = await (await lineageOf(options)).datasets();
      print(options, { datasets }, () => datasetsInWords(datasets));
    }),
  );

  addDatasetCommand(command, 'show', 'list the versions of a dataset, or show one of them', (show) =>
    show
      .argument('<dataset>', 'DATASET for its versions; DATASET/PARTITION or DATASET@VERSION for one of them')
      .option('--limit <count>', 'how many versions to list, at most 1000', parseCount, 100)
      .option('--after <cursor>', 'go on after the page whose `next` this is')
      .action(async (text: string, options: DatasetOptions & { limit: number; after?: string }) => {
        const { dataset, partition, version } = parseDatasetReference(text);
        if (partition === undefined && version === undefined) {
          const { limit, after } = options;
          const lineage = await lineageOf(options);
          const { versions, next } = await lineage.datasetVersionsPage(dataset, {
            limit,
            ...(after !== undefined && { after }),
          });
          if (versions.length === 0) await findVersion(lineage, text);
          const more = next === null ? '' : `\nthere are more: --after ${next}`;
          return print(options, { versions, next }, () => `${versionsInWords(versions)}${more}`);
        }
        return withContext(options, async ({ lineage, store }) => {
          const details = await findVersion(lineage, text);
          const manifest = details.removedAt === null ? await readManifest(await store(), details.ref) : null;
          print(options, { ...details, manifest }, () => versionInWords(details, manifest));
        });
      }),
  );

  addDatasetCommand(command, 'diff', 'say how one version differs from another; exit code 1 when it does', (diff) =>
    diff
      .argument('<before>', 'DATASET[/PARTITION][@VERSION]')
      .argument('<after>', 'DATASET[/PARTITION][@VERSION]')
      .option('--key <columns>', 'columns that identify a row, joined by commas', (text) => text.split(','))
      .option('--drift', 'also say how the distribution of each column moved')
      .action(diffAction),
  );

  addDatasetCommand(command, 'export', 'write the rows of a version to a file', (command) =>
    command
      .argument('<dataset>', 'DATASET[/PARTITION][@VERSION]')
      .requiredOption('--to <file>', 'file; its ending says the format: .parquet, .csv, .json or .ndjson')
      .option('--force', 'replace a file that is there')
      .action((text: string, options: DatasetOptions & { to: string; force?: boolean }) =>
        withContext(options, async ({ lineage, store, scratchDir, signal }) => {
          const { ref } = await findVersion(lineage, text);
          const request = { ref, to: options.to, replace: options.force ?? false };
          const written = await exportVersion({ store: await store(), scratchDir, signal }, request);
          print(options, { ref, ...written }, () => `${written.rows} rows to ${written.path}`);
        }),
      ),
  );

  addDatasetCommand(command, 'sweep', 'remove objects of the store that nothing on record needs any more', (sweep) =>
    sweep
      .option('--dry-run', 'say what would be removed, remove nothing')
      .option(
        '--grace <time>',
        'leave alone what was written less than this ago: hours or days, 3h at least',
        parseGrace,
        168,
      )
      .option('--by <actor>', 'who sweeps, for the record', userInfo().username)
      .addHelpText(
        'after',
        '\nThe grace time has to be longer than any step and any outage of the lineage owner.\n\nExample:\n  millrace dataset sweep --dry-run --grace 30d',
      )
      .action((options: DatasetOptions & { dryRun?: boolean; grace: number; by: string }) =>
        withContext(options, async ({ lineage, store, signal }) => {
          const before = new Date(Date.now() - options.grace * 3_600_000);
          const swept = await store();
          const report = await sweepStore({
            store: swept,
            recorded: () => recordedObjects(lineage, before),
            before,
            dryRun: options.dryRun ?? false,
            signal,
          });
          if (!report.dryRun && report.removed.objects > 0) await recordSweep(lineage, swept.name, report, options.by);
          print(options, report, () => sweepInWords(report));
        }),
      ),
  );
  addRetentionCommands(command);
}

async function recordSweep(lineage: LineageClient, store: string, report: SweepReport, actor: string): Promise<void> {
  const { objects, bytes } = report.removed;
  const reason = `${objects} objects, ${bytes} bytes, nothing on record since ${report.before} needs them`;
  const about = { key: `sweep/${randomUUID()}`, at: new Date().toISOString(), actor, action: 'sweep' };
  await lineage.record([{ kind: 'action_taken', ...about, target: `store:${store}`, reason }]);
}

async function diffAction(
  before: string,
  after: string,
  options: DatasetOptions & { key?: string[]; drift?: boolean },
): Promise<void> {
  await withContext(options, async ({ lineage, store: open, scratchDir, signal }) => {
    const [old, now] = [await findVersion(lineage, before), await findVersion(lineage, after)];
    const store = await open();
    const diff = await diffVersions(
      { store, scratchDir, signal },
      { before: old.ref, after: now.ref, key: options.key },
    );
    const profiles =
      (options.drift ?? false)
        ? [old, now].map(async ({ ref }) => profileFiles(await datasetFiles(store, ref), { signal }))
        : [];
    const [reference, current] = await Promise.all(profiles);
    const profile = reference === undefined || current === undefined ? null : compareProfiles(reference, current);
    print(options, { before: old.ref, after: now.ref, ...diff, profile }, () => diffInWords(diff, profile));
    process.exitCode = old.ref.version === now.ref.version ? EXIT.done : EXIT.no;
  });
}

async function* recordedObjects(lineage: LineageClient, removedBefore: Date): AsyncGenerator<RecordedObject> {
  let after: string | null | undefined;
  while (after !== null) {
    const page = await lineage.recordedObjects({
      limit: 1000,
      removedBefore: removedBefore.toISOString(),
      ...(after !== undefined && { after }),
    });
    yield* page.objects;
    after = page.next;
  }
}

/** Hours. Less than three would race with writers that found their object in the store already. */
function parseGrace(text: string): number {
  const [, count, unit] = /^(\d+)(h|d)$/.exec(text) ?? [];
  const hours = Number(count) * (unit === 'd' ? 24 : 1);
  if (hours >= 3) return hours;
  throw new InvalidArgumentError('must be a time of at least 3h, as in 12h or 7d');
}
