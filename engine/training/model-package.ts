import { join } from 'node:path';
import { MillraceError, type ModelManifest, type ModelRef, type TrainerOutput } from '../../schemas/index.js';
import type { ObjectStore } from '../datasets/index.js';
import { digestOf } from '../digest.js';

/**
 * Puts a trained model into the object store and writes its manifest. The digest of the manifest follows from the
 * model’s name, signature and bytes alone: the same training gives the same digest.
 * @throws MillraceError STORE_UNAVAILABLE
 */
export async function packageModel({
  store,
  model,
  output,
  outputDir,
}: {
  store: Pick<ObjectStore, 'putFile' | 'putJson'>;
  model: string;
  output: TrainerOutput;
  outputDir: string;
}): Promise<{ ref: ModelRef; manifest: ModelManifest }> {
  const graph = await store.putFile(join(outputDir, 'model.onnx'));
  const manifest: ModelManifest = {
    format: 'millrace.model/1',
    model,
    signature: output.signature,
    files: [{ name: 'model.onnx', digest: graph.digest, uri: graph.uri, bytes: graph.bytes }],
  };
  const stored = await store.putJson(manifest);
  const digest = digestOf(manifest);
  if (stored.digest !== digest) {
    throw new MillraceError('OBJECT_CORRUPT', `the manifest of ${model} was stored as ${stored.digest}, not ${digest}`);
  }
  return { ref: { model, digest, uri: stored.uri, bytes: graph.bytes }, manifest };
}
