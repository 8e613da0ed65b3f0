import { z } from 'zod';
import { datasetFiles, ingestPartition, sourceAccess, transformDataset } from '../engine/datasets/index.js';
import { checkFiles } from '../engine/quality/index.js';
import { createSecrets } from '../engine/secrets.js';
import {
  datasetVersionRefSchema,
  ingestStepSchema,
  parseWith,
  partitionWindowSchema,
  suiteSchema,
  transformStepSchema,
  type Column,
  type DatasetVersionRef,
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

/** A dataset version that was written but not committed: nobody sees it until its record is. */
export interface WrittenDataset {
  ref: DatasetVersionRef;
  columns: Column[];
}

/** Activities of the role `data`. */
export function createDatasetActivities({ store, projectDir, dataDir, config }: ActivityDependencies) {
  const access = sourceAccess(config.stores, createSecrets());
  return {
    /** Copies one partition of a source into the object store. */
    async ingest(input: z.input<typeof ingestInput>): Promise<WrittenDataset> {
      const { step, window } = parseWith(ingestInput, input, 'input of ingest');
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, (scratchDir) =>
          ingestPartition({ store, projectDir, scratchDir, access, signal, onProgress: progress }, { step, window }),
        ),
      );
    },

    /** Runs one query over frozen versions. */
    async transform(input: z.input<typeof transformInput>): Promise<WrittenDataset> {
      const { step, window, inputs } = parseWith(transformInput, input, 'input of transform');
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, (scratchDir) =>
          transformDataset(
            { store, projectDir, scratchDir, signal, onProgress: progress },
            { sql: step.sql, params: step.params, inputs, window, dataset: step.dataset },
          ),
        ),
      );
    },

    /** Holds a version to a suite; a failed check is a value, not an error. */
    async check(input: z.input<typeof checkInput>): Promise<QualityReport> {
      const { ref, suite, window } = parseWith(checkInput, input, 'input of check');
      return activityScope(async ({ signal, progress }) =>
        checkFiles({
          files: await datasetFiles(store, ref),
          suite,
          window,
          signal,
          onProgress: (rows) => progress(`${rows} of ${ref.rows} rows`),
        }),
      );
    },
  };
}
