import { join } from 'node:path';
import { z } from 'zod';
import { ingestPartition, sourceAccess, transformDataset } from '../engine/datasets/index.js';
import { createSecrets } from '../engine/secrets.js';
import {
  datasetVersionRefSchema,
  ingestStepSchema,
  parseWith,
  partitionWindowSchema,
  transformStepSchema,
  type Column,
  type ColumnLineage,
  type DatasetVersionRef,
  type SourceDataset,
} from '../schemas/index.js';
import { activityScope, withScratch } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';
import { holdToPolicy } from './schema-policy.js';

const ingestInput = z.strictObject({ step: ingestStepSchema, window: partitionWindowSchema });
const transformInput = z.strictObject({
  step: transformStepSchema,
  window: partitionWindowSchema,
  inputs: z.record(z.string(), z.array(datasetVersionRefSchema)),
});
/** A dataset version that was written but not committed: nobody sees it until its record is. */
export interface WrittenDataset {
  ref: DatasetVersionRef;
  columns: Column[];
  /** What the columns were made from, for a transform. */
  columnLineage?: ColumnLineage;
  /** What an ingest step read. */
  sources?: SourceDataset[];
  /** Columns of an ingest step that lost what is finer than microseconds. */
  cutTimes?: string[];
}

/** Activities of the role `data`. */
export function createDatasetActivities(deps: ActivityDependencies) {
  const { store, projectDir, dataDir, config, lineage } = deps;
  const access = sourceAccess(config.stores, createSecrets());
  return {
    /** Copies one partition of a source into the object store. */
    async ingest(input: z.input<typeof ingestInput>): Promise<WrittenDataset> {
      const { step, window } = parseWith(ingestInput, input, 'input of ingest');
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, async (scratchDir) => {
          const written = await ingestPartition(
            {
              store,
              projectDir,
              scratchDir,
              keptDir: join(dataDir, 'downloads'),
              access,
              signal,
              onProgress: progress,
            },
            { step, window },
          );
          await holdToPolicy(lineage, step, written);
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
          await holdToPolicy(lineage, step, written);
          return written;
        }),
      );
    },
  };
}
