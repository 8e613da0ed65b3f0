import {
  modelManifestSchema,
  MillraceError,
  type EvaluationGate,
  type EvaluationReport,
  type ModelRef,
} from '../../schemas/index.js';
import type { ObjectStore } from '../datasets/index.js';
import { evaluate } from './evaluation.js';
import { scoreFiles } from './scoring.js';

/** What an evaluation works with. */
export interface EvaluationContext {
  store: ObjectStore;
  signal?: AbortSignal;
  onProgress?: (message: string) => void;
}

/**
 * Scores a challenger and, if there is one, the champion on the same rows, and judges the difference.
 * @param input `files` are Parquet files; `label` is their column with the truth
 * @throws EVALUATION_IMPOSSIBLE, MODEL_UNLOADABLE, OBJECT_NOT_FOUND, OBJECT_CORRUPT
 */
export async function evaluateModels(
  { store, signal, onProgress }: EvaluationContext,
  input: { challenger: ModelRef; champion: ModelRef | null; files: string[]; label: string; gate: EvaluationGate },
): Promise<EvaluationReport> {
  const { challenger, champion, files, label, gate } = input;
  const score = async (ref: ModelRef, name: string) => {
    onProgress?.(`scoring the ${name}`);
    const manifest = modelManifestSchema.parse(JSON.parse((await store.read(ref.uri)).toString('utf8')));
    const graph = manifest.files.find((file) => file.name === 'model.onnx');
    if (graph === undefined) throw new MillraceError('MODEL_UNLOADABLE', `${ref.model}: the package has no model.onnx`);
    const modelPath = await store.localPath(graph.uri);
    return scoreFiles({ modelPath, signature: manifest.signature, files, columns: [label], signal });
  };
  const challenging = await score(challenger, 'challenger');
  const sameModel = champion?.digest === challenger.digest;
  const current = champion === null || sameModel ? null : await score(champion, 'champion');
  return evaluate({
    challengerScores: challenging.scores,
    championScores: sameModel ? challenging.scores : (current?.scores ?? null),
    labels: challenging.columns[label],
    gate,
    championModel: champion,
    sameModel,
  });
}
