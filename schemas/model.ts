import { z } from 'zod';
import { digestField, identifierField, nameField } from './fields.js';

/** Types of tensors, in the words of the Open Inference Protocol. */
export const tensorTypeField = z.enum(['BOOL', 'INT32', 'INT64', 'FP32', 'FP64', 'BYTES']);

/** What a model takes and gives. Preprocessing is inside the graph, so the inputs are the dataset’s own columns. */
export const modelSignatureSchema = z.strictObject({
  inputs: z
    .array(
      z.strictObject({
        name: identifierField.describe('Name of the graph’s input, which is the name of the column.'),
        datatype: tensorTypeField.describe('Type of the values; BYTES is text. Each input has the shape [rows, 1].'),
      }),
    )
    .min(1)
    .describe('Inputs of the graph.'),
  score: z
    .strictObject({
      output: z.string().min(1).describe('Name of the graph’s output that holds the scores.'),
      column: z.int().nonnegative().default(0).describe('Column of that output, for a classifier the positive class.'),
    })
    .describe('Where the score of a row is.'),
});

/** The manifest of a model package; its canonical JSON, hashed, is the model’s digest. */
export const modelManifestSchema = z.strictObject({
  format: z.literal('millrace.model/1').describe('Format of this manifest.'),
  model: nameField.describe('Name of the model.'),
  signature: modelSignatureSchema.describe('Inputs and score.'),
  files: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('Name in the package; `model.onnx` is the graph.'),
        digest: digestField.describe('SHA-256 of the file.'),
        uri: z.string().describe('Where the file is.'),
        bytes: z.int().nonnegative().describe('Size of the file.'),
      }),
    )
    .min(1)
    .describe('Files sorted by name.'),
});

/** A trained model that is not registered yet. */
export const modelRefSchema = z.strictObject({
  model: nameField.describe('Name of the model.'),
  digest: digestField.describe('Digest of the manifest: the same training gives the same digest.'),
  uri: z.string().describe('Where the manifest is.'),
  bytes: z.int().nonnegative().describe('Bytes of all files.'),
});

/** A registered model version. */
export const modelVersionRefSchema = modelRefSchema.extend({
  version: z
    .int()
    .positive()
    .describe('Number of the version, counted from 1 for each model; the same digest keeps its number.'),
});

export type TensorType = z.infer<typeof tensorTypeField>;
export type ModelSignature = z.infer<typeof modelSignatureSchema>;
export type ModelManifest = z.infer<typeof modelManifestSchema>;
export type ModelRef = z.infer<typeof modelRefSchema>;
export type ModelVersionRef = z.infer<typeof modelVersionRefSchema>;

/** The model behind a version of it, without the number. */
export function modelRefOf({ model, digest, uri, bytes }: ModelRef): ModelRef {
  return { model, digest, uri, bytes };
}
