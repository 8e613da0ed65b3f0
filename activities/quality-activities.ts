import { join } from 'node:path';
import { z } from 'zod';
import { datasetFiles, quarantineRows, readManifest, withOwnKey } from '../engine/datasets/index.js';
import {
  checkFilesForStates,
  findFailingRows,
  keptCheckpoints,
  recordedHistory,
  recordedReferences,
  storeReport,
  type FailingRows,
} from '../engine/quality/index.js';
import {
  checkStepSchema,
  datasetVersionRefSchema,
  nameField,
  parseWith,
  partitionsSchema,
  partitionWindowSchema,
  shortVersion,
  suiteSchema,
  type DatasetVersionRef,
  type QualityReport,
} from '../schemas/index.js';
import { activityScope, lastCheckpoint, withScratch, type ActivityScope } from './activity-scope.js';
import type { WrittenDataset } from './dataset-activities.js';
import type { ActivityDependencies } from './dependencies.js';

const checkInput = z.strictObject({
  ref: datasetVersionRefSchema,
  suite: suiteSchema,
  window: partitionWindowSchema,
  partitions: partitionsSchema.optional().describe('How the dataset is cut; without it there is no history.'),
});

const quarantineInput = checkInput.extend({
  mode: checkStepSchema.shape.quarantine.unwrap(),
  dataset: nameField.describe('Dataset for the failing rows.'),
  checks: z.array(z.string()).describe('Names of the checks whose failing rows are set apart.'),
  judge: z.boolean().describe('Whether what is left is held to the suite.'),
});

/** What became of the failing rows of a version. */
export interface QuarantinedDataset extends Pick<FailingRows, 'checks' | 'untold'> {
  /** Rows that fail at least one of the checks. */
  rows: number;
  /** What goes on, where it is not the version that was checked. */
  passing: WrittenDataset | null;
  /** The failing rows, where they are kept apart. */
  failing: WrittenDataset | null;
  /** What is left, held to the suite once more; null where nothing was taken away. */
  report: QualityReport | null;
}

/** Columns of a version that are profiled at most: a profile of tens of thousands would be larger than many a dataset. */
const MOST_PROFILED = 1000;

/** Activities of the role `data` that judge what was written. */
export function createQualityActivities(deps: ActivityDependencies) {
  const { store, lineage, projectDir, dataDir, lineageUrl, scanPool: pool, checkpointPace } = deps;
  const records = { lineage, store };

  async function judge(
    { suite, window, partitions }: z.output<typeof checkInput>,
    ref: DatasetVersionRef,
    { signal, progress }: ActivityScope,
    attempt?: Pick<Parameters<typeof keptCheckpoints>[2], 'last' | 'keep'>,
  ): Promise<QualityReport> {
    const { columns } = await readManifest(store, ref);
    // A profile shows values, so columns with personal data have none.
    const names = columns.map(({ name }) => name).filter((name) => !suite.piiColumns.includes(name));
    const profiled = names.slice(0, MOST_PROFILED);
    const { references, read } = await recordedReferences(records, suite, { pool, signal });
    const known = partitions && withOwnKey(partitions, ref.partition);
    const history = known && (await recordedHistory(records, suite, { ...ref, partitions: known }));
    const about = { version: ref.version, suite, profiled, read };
    const { report, seen } = await checkFilesForStates({
      files: await datasetFiles(store, ref),
      ...{ suite, window, pool, signal, profiled, references, history },
      onProgress: (rows) => progress(`${rows} of ${ref.rows} rows`),
      checkpoints: attempt && (await keptCheckpoints(store, about, { ...attempt, ...checkpointPace })),
    });
    progress('writing the report');
    const documents = await storeReport(store, report, { suite, seen, references, signal, subject: versionName(ref) });
    const link = lineageUrl === undefined ? {} : { link: reportLink(lineageUrl, ref) };
    return { ...report, ...(read.length > 0 && { references: read }), documents: { ...documents, ...link } };
  }

  return {
    /**
     * Holds a version to a suite, and stores the report and what it was made from; a failed check is a value, not an error. A later
     * attempt goes on where an earlier one was.
     */
    async check(input: z.input<typeof checkInput>): Promise<QualityReport> {
      const parsed = parseWith(checkInput, input, 'input of check');
      return activityScope((scope) =>
        judge(parsed, parsed.ref, scope, { last: lastCheckpoint(), keep: scope.checkpoint }),
      );
    },

    /** Sets the rows apart that fail some checks of rows, and judges what is left. */
    async quarantine(input: z.input<typeof quarantineInput>): Promise<QuarantinedDataset> {
      const parsed = parseWith(quarantineInput, input, 'input of quarantine');
      const { ref, suite, mode, dataset, checks } = parsed;
      return activityScope((scope) =>
        withScratch(dataDir, async (scratchDir) => {
          const { signal, progress } = scope;
          const { references } = await recordedReferences(records, suite, { pool, signal });
          const path = join(scratchDir, 'failing-rows.csv');
          const files = await datasetFiles(store, ref);
          const onProgress = (rows: number) => progress(`${rows} of ${ref.rows} rows`);
          const found = await findFailingRows({ files, suite, checks, path, references, pool, signal, onProgress });
          const nothing = { rows: 0, passing: null, failing: null };
          if (found.untold.length > 0) return { checks: found.checks, untold: found.untold, ...nothing, report: null };
          const written = await quarantineRows(
            { store, projectDir, scratchDir, signal, onProgress: progress },
            { ref, mode, dataset, failing: { path, checks: found.checks.map(({ name }) => name) } },
          );
          const left = parsed.judge && mode !== 'tag' ? written.passing : null;
          const report = left && (await judge(parsed, left.ref, scope));
          return { checks: found.checks, untold: found.untold, ...written, report };
        }),
      );
    },
  };
}

function versionName({ dataset, partition, version }: DatasetVersionRef): string {
  return `${dataset}/${partition}, version ${shortVersion(version)}`;
}

/** The lineage owner’s page on the newest report of a version. */
function reportLink(lineageUrl: string, { dataset, version }: DatasetVersionRef): string {
  return new URL(`/datasets/${dataset}/versions/${encodeURIComponent(version)}/quality`, lineageUrl).href;
}
