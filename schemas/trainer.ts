import { z } from 'zod';
import { identifierField, jsonField, nameField } from './fields.js';
import { modelSignatureSchema } from './model.js';
import { partitionWindowSchema } from './partition.js';

/** How a trainer is started. */
export const trainerSchema = z.strictObject({
  directory: z
    .string()
    .min(1)
    .describe('Folder of the trainer, its working directory; relative to the project’s folder.'),
  command: z
    .array(z.string().min(1))
    .min(1)
    .describe('Program and arguments; `python` is the interpreter of the environment built from `requirements`.'),
  requirements: z
    .string()
    .optional()
    .describe(
      'Pinned and hashed pip requirements in the trainer’s folder; the environment is built once for each content.',
    ),
  stallSeconds: z
    .number()
    .positive()
    .default(120)
    .describe('Longest silence, in seconds, before the trainer counts as hung.'),
  timeoutSeconds: z.number().positive().default(3600).describe('Longest time for a training, in seconds.'),
  maxLogBytes: z
    .int()
    .positive()
    .default(10_000_000)
    .describe('Bytes of output that are kept; what comes after is dropped and counted.'),
});

/** The file that a trainer reads: its path is in MILLRACE_TRAINER_SPEC and is the last argument. */
export const trainerSpecificationSchema = z.strictObject({
  contract: z.literal('millrace.trainer/1').describe('Version of the contract.'),
  runId: z.string().describe('Run that the training belongs to.'),
  model: nameField.describe('Name of the model.'),
  seed: z.int().nonnegative().describe('Seed of every random choice: the same seed and inputs give the same model.'),
  params: z.record(z.string(), jsonField).describe('Parameters from the pipeline.'),
  partition: partitionWindowSchema.describe('Partition that the run is about.'),
  inputs: z
    .record(
      identifierField,
      z.strictObject({
        files: z.array(z.string()).min(1).describe('Absolute paths of Parquet files, in order of partition.'),
        rows: z.int().nonnegative().describe('Rows in all files.'),
        columns: z.array(z.string()).describe('Names of the columns.'),
      }),
    )
    .describe('Frozen inputs by name.'),
  output: z.string().describe('Absolute path of the empty folder for `model.onnx`, `model.json` and `parity.parquet`.'),
});

/** A line that a trainer prints on standard output; other lines are kept as log. */
export const trainerEventSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('progress').describe('How far the training is.'),
    fraction: z.number().min(0).max(1).optional().describe('Share that is done, from 0 to 1.'),
    message: z.string().max(500).optional().describe('What is being done.'),
    metrics: z.record(z.string(), z.number()).optional().describe('Figures so far, as in a loss.'),
  }),
  z.object({
    type: z.literal('metrics').describe('Final figures of the training.'),
    metrics: z.record(z.string(), z.number()).describe('Figures by name.'),
  }),
]);

/** `model.json`, beside `model.onnx`. */
export const trainerOutputSchema = z.strictObject({
  signature: modelSignatureSchema.describe('Inputs and score of the graph.'),
  parity: z
    .strictObject({
      score: z
        .string()
        .min(1)
        .describe('Column of `parity.parquet` with the trainer’s own score; the other columns are the inputs.'),
    })
    .describe('Where the trainer’s own scores are.'),
});

export type Trainer = z.infer<typeof trainerSchema>;
export type TrainerSpecification = z.infer<typeof trainerSpecificationSchema>;
export type TrainerEvent = z.infer<typeof trainerEventSchema>;
export type TrainerOutput = z.infer<typeof trainerOutputSchema>;
