import { join } from 'node:path';
import { z } from 'zod';
import { datasetFiles, quarantineRows, readManifest } from '../engine/datasets/index.js';
import {
  checkFiles,
  checkFilesForStates,
  findFailingRows,
  keptCheckpoints,
  storeReport,
  type FailingRows,
} from '../engine/quality/index.js';
import {
  checkStepSchema,
  datasetVersionRefSchema,
  nameField,
  parseWith,
  partitionWindowSchema,
  shortVersion,
  suiteSchema,
  type DatasetVersionRef,
  type QualityReport,
} from '../schemas/index.js';
import { activityScope, lastCheckpoint, withScratch } from './activity-scope.js';
import type { WrittenDataset } from './dataset-activities.js';
import type { ActivityDependencies } from './dependencies.js';

const checkInput = z.strictObject({ ref: datasetVersionRefSchema, suite: suiteSchema, window: partitionWindowSchema });

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
  const { store, projectDir, dataDir, lineageUrl, scanPool: pool, checkpointPace } = deps;
  return {
    /**
     * Holds a version to a suite, and stores the report and what it was made from; a failed check is a value, not an error. A later
     * attempt goes on where an earlier one was.
     */
    async check(input: z.input<typeof checkInput>): Promise<QualityReport> {
      const { ref, suite, window } = parseWith(checkInput, input, 'input of check');
      return activityScope(async ({ signal, progress, checkpoint }) => {
        const { columns } = await readManifest(store, ref);
        // A profile shows values, so columns with personal data have none.
        const names = columns.map(({ name }) => name).filter((name) => !suite.piiColumns.includes(name));
        const profiled = names.slice(0, MOST_PROFILED);
        const about = { version: ref.version, suite, profiled };
        const keep = { last: lastCheckpoint(), keep: checkpoint, ...checkpointPace };
        const { report, seen } = await checkFilesForStates({
          files: await datasetFiles(store, ref),
          onProgress: (rows) => progress(`${rows} of ${ref.rows} rows`),
          checkpoints: await keptCheckpoints(store, about, keep),
          ...{ suite, window, pool, signal, profiled },
        });
        progress('writing the report');
        const documents = await storeReport(store, report, { suite, seen, signal, subject: versionName(ref) });
        const link = lineageUrl === undefined ? {} : { link: reportLink(lineageUrl, ref) };
        return { ...report, documents: { ...documents, ...link } };
      });
    },

    /** Sets the rows apart that fail some checks of rows, and judges what is left. */
    async quarantine(input: z.input<typeof quarantineInput>): Promise<QuarantinedDataset> {
      const parsed = parseWith(quarantineInput, input, 'input of quarantine');
      const { ref, suite, window, mode, dataset, checks, judge } = parsed;
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, async (scratchDir) => {
          const onProgress = (rows: number) => progress(`${rows} of ${ref.rows} rows`);
          const scan = { suite, pool, signal, onProgress };
          const path = join(scratchDir, 'failing-rows.csv');
          const files = await datasetFiles(store, ref);
          const found = await findFailingRows({ ...scan, files, checks, path });
          const nothing = { rows: 0, passing: null, failing: null };
          if (found.untold.length > 0) return { checks: found.checks, untold: found.untold, ...nothing, report: null };
          const written = await quarantineRows(
            { store, projectDir, scratchDir, signal, onProgress: progress },
            { ref, mode, dataset, failing: { path, checks: found.checks.map(({ name }) => name) } },
          );
          const left = judge && mode !== 'tag' ? written.passing : null;
          const report = left && (await checkFiles({ ...scan, files: await datasetFiles(store, left.ref), window }));
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
