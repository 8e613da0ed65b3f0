import { join } from 'node:path';
import { z } from 'zod';
import {
  datasetFiles,
  ingestPartition,
  quarantineRows,
  refuseSchemaChange,
  sourceAccess,
  transformDataset,
} from '../engine/datasets/index.js';
import { checkFiles, findFailingRows, storeReport, type FailingRows } from '../engine/quality/index.js';
import { createSecrets } from '../engine/secrets.js';
import {
  checkStepSchema,
  datasetVersionRefSchema,
  FAILED_CHECKS_COLUMN,
  ingestStepSchema,
  nameField,
  parseWith,
  partitionWindowSchema,
  shortVersion,
  suiteSchema,
  transformStepSchema,
  type Column,
  type DatasetVersionRef,
  type IngestStep,
  type QualityReport,
} from '../schemas/index.js';
import { activityScope, withScratch } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

const ingestInput = z.strictObject({ step: ingestStepSchema, window: partitionWindowSchema });
const transformInput = z.strictObject({
  step: transformStepSchema,
  window: partitionWindowSchema,
  inputs: z.record(z.string(), z.array(datasetVersionRefSchema)),
});
const checkInput = z.strictObject({ ref: datasetVersionRefSchema, suite: suiteSchema, window: partitionWindowSchema });

const quarantineInput = checkInput.extend({
  mode: checkStepSchema.shape.quarantine.unwrap(),
  dataset: nameField.describe('Dataset for the failing rows.'),
  checks: z.array(z.string()).describe('Names of the checks whose failing rows are set apart.'),
  judge: z.boolean().describe('Whether what is left is held to the suite.'),
});

/** A dataset version that was written but not committed: nobody sees it until its record is. */
export interface WrittenDataset {
  ref: DatasetVersionRef;
  columns: Column[];
}

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

type SchemaStep = Pick<IngestStep, 'dataset' | 'schemaPolicy'>;

/** Activities of the role `data`. */
export function createDatasetActivities(deps: ActivityDependencies) {
  const { store, projectDir, dataDir, config, lineage, lineageUrl, scanPool: pool } = deps;
  /** Refuses columns that the step’s policy forbids, seen from the newest version that is published. */
  const holdToPolicy = async ({ dataset, schemaPolicy }: SchemaStep, { columns }: WrittenDataset): Promise<void> => {
    if (schemaPolicy === undefined || schemaPolicy === 'any') return;
    const versions = await lineage.datasetVersions(dataset, { limit: 1000 });
    const before = versions.find(({ published }) => published);
    if (before !== undefined) {
      // A check may have added its column behind the step that is held here.
      const own = before.columns.filter(({ name }) => name !== FAILED_CHECKS_COLUMN);
      refuseSchemaChange(schemaPolicy, dataset, { ...before.ref, columns: own }, columns);
    }
  };

  const access = sourceAccess(config.stores, createSecrets());
  return {
    /** Copies one partition of a source into the object store. */
    async ingest(input: z.input<typeof ingestInput>): Promise<WrittenDataset> {
      const { step, window } = parseWith(ingestInput, input, 'input of ingest');
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, async (scratchDir) => {
          const written = await ingestPartition(
            { store, projectDir, scratchDir, access, signal, onProgress: progress },
            { step, window },
          );
          await holdToPolicy(step, written);
          return written;
        }),
      );
    },

    /** Runs one query over frozen versions. */
    async transform(input: z.input<typeof transformInput>): Promise<WrittenDataset> {
      const { step, window, inputs } = parseWith(transformInput, input, 'input of transform');
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, async (scratchDir) => {
          const limits = { memoryLimit: step.memory ?? '2GB', threads: step.threads ?? 2 };
          const written = await transformDataset(
            { store, projectDir, scratchDir, signal, onProgress: progress, ...limits },
            { sql: step.sql, params: step.params, inputs, window, dataset: step.dataset },
          );
          await holdToPolicy(step, written);
          return written;
        }),
      );
    },

    /** Holds a version to a suite, and stores the report; a failed check is a value, not an error. */
    async check(input: z.input<typeof checkInput>): Promise<QualityReport> {
      const { ref, suite, window } = parseWith(checkInput, input, 'input of check');
      return activityScope(async ({ signal, progress }) => {
        const files = await datasetFiles(store, ref);
        const onProgress = (rows: number) => progress(`${rows} of ${ref.rows} rows`);
        const report = await checkFiles({ files, suite, window, pool, signal, onProgress });
        progress('writing the report');
        const documents = await storeReport(store, report, { files, suite, signal, subject: versionName(ref) });
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
