import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import {
  datasetFiles,
  diffVersions,
  exportVersion,
  readManifest,
  sweepStore,
  type ObjectStore,
} from '../../engine/datasets/index.js';
import { createLineageClient, type LineageClient } from '../../engine/lineage/index.js';
import { profileFiles } from '../../engine/quality/index.js';
import { compareProfiles } from '../../engine/quality/drift/index.js';
import type { RecordedObject } from '../../schemas/lineage-api.js';
import { defaultStore } from '../../workers/stores.js';
import { findVersion, parseDatasetReference } from '../dataset-reference.js';
import { datasetsInWords, diffInWords, sweepInWords, versionInWords, versionsInWords } from '../dataset-words.js';
import { interruption } from '../interruption.js';
import {
  addTargetOptions,
  configOption,
  jsonOption,
  parseCount,
  type JsonOption,
  type TargetOptions,
} from '../options.js';
import { EXIT, printJson } from '../output.js';
import { configOrDefault } from '../project-config.js';
import { requireLineageUrl, resolveTarget } from '../target.js';

interface DatasetOptions extends TargetOptions, JsonOption {
  config?: string;
}

/** What the commands work with. */
interface Context {
  lineage: LineageClient;
  /** Opened when it is needed: a listing does without. */
  store: () => Promise<ObjectStore>;
  scratchDir: string;
  signal: AbortSignal;
}

/** `millrace dataset`: what versions there are, what is in them and between them, and what nobody needs. */
export function datasetCommand(program: Command): void {
  const command = program.command('dataset').description('look at dataset versions, compare, export and sweep them');

  addCommand(command, 'ls', 'list the datasets on record', (ls) =>
    ls.action(async (options: DatasetOptions) => {
      const datasets = await (await lineageOf(options)).datasets();
      print(options, { datasets }, () => datasetsInWords(datasets));
    }),
  );

  addCommand(command, 'show', 'list the versions of a dataset, or show one of them', (show) =>
    show
      .argument('<dataset>', 'DATASET for its versions; DATASET/PARTITION or DATASET@VERSION for one of them')
      .option('--limit <count>', 'how many versions to list', parseCount, 100)
      .action(async (text: string, options: DatasetOptions & { limit: number }) => {
        const { dataset, partition, version } = parseDatasetReference(text);
        if (partition === undefined && version === undefined) {
          const versions = await (await lineageOf(options)).datasetVersions(dataset, { limit: options.limit });
          if (versions.length === 0) await findVersion(await lineageOf(options), text);
          return print(options, { versions }, () => versionsInWords(versions));
        }
        return withContext(options, async ({ lineage, store }) => {
          const details = await findVersion(lineage, text);
          const manifest = await readManifest(await store(), details.ref);
          print(options, { ...details, manifest }, () => versionInWords(details, manifest));
        });
      }),
  );

  addCommand(command, 'diff', 'say how one version differs from another; exit code 1 when it does', (diff) =>
    diff
      .argument('<before>', 'DATASET[/PARTITION][@VERSION]')
      .argument('<after>', 'DATASET[/PARTITION][@VERSION]')
      .option('--key <columns>', 'columns that identify a row, joined by commas', (text) => text.split(','))
      .option('--drift', 'also say how the distribution of each column moved')
      .action(diffAction),
  );

  addCommand(command, 'export', 'write the rows of a version to a file', (command) =>
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

  addCommand(command, 'sweep', 'remove objects of the store that nothing on record needs', (sweep) =>
    sweep
      .option('--dry-run', 'say what would be removed, remove nothing')
      .option(
        '--grace <time>',
        'leave alone what was written less than this ago: hours or days, 3h at least',
        parseGrace,
        168,
      )
      .addHelpText(
        'after',
        '\nThe grace time has to be longer than any step and any outage of the lineage owner.\n\nExample:\n  millrace dataset sweep --dry-run --grace 30d',
      )
      .action((options: DatasetOptions & { dryRun?: boolean; grace: number }) =>
        withContext(options, async ({ lineage, store, signal }) => {
          const report = await sweepStore({
            store: await store(),
            recorded: () => recordedObjects(lineage),
            before: new Date(Date.now() - options.grace * 3_600_000),
            dryRun: options.dryRun ?? false,
            signal,
          });
          print(options, report, () => sweepInWords(report));
        }),
      ),
  );
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

/** Adds a command with the options that all of them have. */
function addCommand(parent: Command, name: string, description: string, build: (command: Command) => Command): void {
  const command = parent.command(name).description(description);
  build(addTargetOptions(command).addOption(configOption()).addOption(jsonOption()));
}

async function lineageOf(options: DatasetOptions): Promise<LineageClient> {
  return createLineageClient({ url: requireLineageUrl(await resolveTarget(options)), timeoutMs: 60_000 });
}

async function withContext(options: DatasetOptions, work: (context: Context) => Promise<void>): Promise<void> {
  const target = await resolveTarget(options);
  const lineage = createLineageClient({ url: requireLineageUrl(target), timeoutMs: 60_000 });
  const store = async () => defaultStore((await configOrDefault(options.config)).config.stores, target.dataDir);
  const scratchDir = await mkdtemp(join(tmpdir(), 'millrace-dataset-'));
  try {
    await work({ lineage, store, scratchDir, signal: interruption() });
  } finally {
    await rm(scratchDir, { recursive: true, force: true });
  }
}

async function* recordedObjects(lineage: LineageClient): AsyncGenerator<RecordedObject> {
  let after: string | null | undefined;
  while (after !== null) {
    const page = await lineage.recordedObjects({ limit: 1000, ...(after !== undefined && { after }) });
    yield* page.objects;
    after = page.next;
  }
}

function print({ json }: JsonOption, value: unknown, words: () => string): void {
  if (json) printJson(value);
  else console.log(words());
}

/** Hours. Less than three would race with writers that found their object in the store already. */
function parseGrace(text: string): number {
  const [, count, unit] = /^(\d+)(h|d)$/.exec(text) ?? [];
  const hours = Number(count) * (unit === 'd' ? 24 : 1);
  if (hours >= 3) return hours;
  throw new InvalidArgumentError('must be a time of at least 3h, as in 12h or 7d');
}
