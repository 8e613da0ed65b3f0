import { join } from 'node:path';
import type { ModelManifest, ModelRef, PartitionWindow, TrainerSpecification, TrainStep } from '../../schemas/index.js';
import type { ObjectStore } from '../datasets/index.js';
import { packageModel } from './model-package.js';
import { runTrainer } from './run-trainer.js';
import { checkParity } from './parity.js';

/** A model that was trained, compared with its trainer and stored, but is not on record yet. */
export interface TrainedModel {
  ref: ModelRef;
  manifest: ModelManifest;
  /** Figures that the trainer reported. */
  metrics: Record<string, number>;
  /** Greatest difference between the trainer’s scores and those of the export. */
  parity: { rows: number; maximumDifference: number };
}

/** What a training works with. */
export interface TrainingContext {
  store: ObjectStore;
  projectDir: string;
  /** Folder of this attempt alone. */
  scratchDir: string;
  signal?: AbortSignal;
  onProgress?: (message: string) => void;
}

/**
 * Runs a trainer, refuses what it exported if that does not score as the trainer does, and stores the rest.
 * @throws the TRAINER_… codes, PYTHON_…, MODEL_UNLOADABLE, MODEL_PARITY_FAILED, STORE_UNAVAILABLE
 */
export async function trainModel(
  { store, ...context }: TrainingContext,
  {
    step,
    inputs,
    window,
    runId,
  }: { step: TrainStep; inputs: TrainerSpecification['inputs']; window: PartitionWindow; runId: string },
): Promise<TrainedModel> {
  const { model, seed, params, trainer } = step;
  const specification = {
    contract: 'millrace.trainer/1' as const,
    runId,
    model,
    seed,
    params,
    partition: window,
    inputs,
  };
  const { outputDir, output, metrics } = await runTrainer({ ...context, trainer, specification });
  context.onProgress?.('comparing the exported model with the trainer');
  const parity = await checkParity({
    modelPath: join(outputDir, 'model.onnx'),
    signature: output.signature,
    parityFile: join(outputDir, 'parity.parquet'),
    scoreColumn: output.parity.score,
    tolerance: step.parityTolerance,
    signal: context.signal,
  });
  const { ref, manifest } = await packageModel({ store, model, output, outputDir });
  return { ref, manifest, metrics, parity };
}
