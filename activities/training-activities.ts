import { z } from 'zod';
import { datasetFiles, readManifest } from '../engine/datasets/index.js';
import { everyVersion } from '../engine/lineage/index.js';
import { profileOfVersions, storeModelProfiles, type ModelProfiles } from '../engine/quality/index.js';
import { evaluateModels, trainModel, type TrainedModel } from '../engine/training/index.js';
import {
  datasetVersionRefSchema,
  evaluationGateSchema,
  isMillraceError,
  modelRefOf,
  modelRefSchema,
  nameField,
  parseWith,
  partitionWindowSchema,
  trainStepSchema,
  type DatasetVersionRef,
  type EvaluationReport,
} from '../schemas/index.js';
import { activityScope, withScratch } from './activity-scope.js';
import type { ActivityDependencies } from './dependencies.js';

const trainInput = z.strictObject({
  step: trainStepSchema,
  inputs: z.record(z.string(), z.array(datasetVersionRefSchema)),
  window: partitionWindowSchema,
  runId: z.string(),
});
const evaluateInput = z.strictObject({
  challenger: modelRefSchema,
  champion: nameField,
  on: z.array(datasetVersionRefSchema).min(1),
  label: z.string(),
  gate: evaluationGateSchema,
});

/** Activities of the role `training`. */
export function createTrainingActivities({
  store,
  lineage,
  projectDir,
  dataDir,
  scanPool: pool,
}: ActivityDependencies) {
  const inputFiles = async (refs: DatasetVersionRef[]) => {
    const files = await Promise.all(refs.map((ref) => datasetFiles(store, ref)));
    const first = refs[0] === undefined ? [] : (await readManifest(store, refs[0])).columns;
    return {
      files: files.flat(),
      rows: refs.reduce((sum, ref) => sum + ref.rows, 0),
      columns: first.map((column) => column.name),
    };
  };

  /** Profiles of the inputs, by the stored ones of their versions; undefined where versions of an input do not go together. */
  const inputProfiles = async (
    inputs: Record<string, DatasetVersionRef[]>,
    signal: AbortSignal,
  ): Promise<string | undefined> => {
    const profiles: Record<string, ModelProfiles[string]> = {};
    for (const [name, refs] of Object.entries(inputs)) {
      const datasets = [...new Set(refs.map(({ dataset }) => dataset))];
      const keys = refs.map(({ partition }) => partition).sort();
      const range = { from: keys[0] ?? '', to: keys.at(-1) ?? '' };
      const listed = await Promise.all(datasets.map((dataset) => everyVersion(lineage, dataset, range)));
      const states = new Map(listed.flat().map(({ ref, states }) => [ref.version, states]));
      const versions = refs.map((ref) => ({ ref, states: states.get(ref.version) ?? null }));
      if (versions.length > 0) profiles[name] = await profileOfVersions({ store }, versions, { pool, signal });
    }
    return storeModelProfiles(store, profiles);
  };

  return {
    /** Trains in a process of its own, compares the export with the trainer’s scores, and stores the package. */
    async train(input: z.input<typeof trainInput>): Promise<TrainedModel & { profiles?: string | undefined }> {
      const { step, inputs, window, runId } = parseWith(trainInput, input, 'input of train');
      return activityScope(({ signal, progress }) =>
        withScratch(dataDir, async (scratchDir) => {
          const entries = Object.entries(inputs).map(async ([name, refs]) => [name, await inputFiles(refs)] as const);
          progress('profiling the inputs');
          const profiles = await inputProfiles(inputs, signal).catch((error: unknown) => {
            if (isMillraceError(error) && error.code === 'SOURCE_SCHEMA_MISMATCH') return undefined;
            throw error;
          });
          const trained = await trainModel(
            { store, projectDir, scratchDir, signal, onProgress: progress },
            { step, inputs: Object.fromEntries(await Promise.all(entries)), window, runId },
          );
          return { ...trained, profiles };
        }),
      );
    },

    /** Scores challenger and champion on the same rows and compares them. */
    async evaluate(input: z.input<typeof evaluateInput>): Promise<EvaluationReport> {
      const { challenger, champion, on, label, gate } = parseWith(evaluateInput, input, 'input of evaluate');
      return activityScope(async ({ signal, progress }) => {
        const current = await lineage.alias(challenger.model, champion).catch((error: unknown) => {
          if (isMillraceError(error) && error.code === 'NOT_FOUND') return null;
          throw error;
        });
        const files = await Promise.all(on.map((ref) => datasetFiles(store, ref)));
        const report = await evaluateModels(
          { store, signal, onProgress: progress },
          { challenger, champion: current && modelRefOf(current.ref), files: files.flat(), label, gate },
        );
        const seen = on.filter((ref) => current?.trainedOn.some((other) => other.version === ref.version));
        if (seen.length === 0) return report;
        const partitions = seen.map((ref) => ref.partition).join(', ');
        return { ...report, message: `${report.message}; the champion was trained on ${partitions}, which favours it` };
      });
    },
  };
}
