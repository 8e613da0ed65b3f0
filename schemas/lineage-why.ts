import { z } from 'zod';
import { codeLocationSchema } from './code-location.js';
import { datasetVersionRefSchema } from './dataset.js';
import { evaluationReportSchema } from './evaluation.js';
import { instantField, jsonField, nameField } from './fields.js';
import { modelVersionRefSchema } from './model.js';
import { qualityReportSchema } from './quality-report.js';

/** Answer of `GET /api/v1/why`: what led to a prediction. */
export const whySchema = z.strictObject({
  predictionId: z.string().describe('Id of the prediction.'),
  at: instantField.describe('When it was made, by the clock of the model server.'),
  deployment: z
    .strictObject({
      endpoint: nameField.describe('Endpoint that answered.'),
      generation: z.int().positive().describe('State of the endpoint that was in force there.'),
      arm: z.enum(['stable', 'canary']).describe('Role of the version in it.'),
      canaryWeight: z.number().describe('Share of the canary in percent.'),
      changedAt: instantField.describe('When it came into force.'),
      actor: z.string().describe('Who set it.'),
      reason: z.string().describe('Why.'),
      runId: z.string().describe('Run that set it.'),
    })
    .describe('How the version came to answer.'),
  model: modelVersionRefSchema
    .extend({
      registeredAt: instantField.describe('When it was registered.'),
      seed: z.int().nullable().describe('Seed of the training.'),
      params: z.record(z.string(), jsonField).describe('Parameters of the trainer.'),
      metrics: z.record(z.string(), z.number()).describe('Figures that the trainer reported.'),
    })
    .describe('The version that answered.'),
  evaluation: evaluationReportSchema
    .pick({ verdict: true, reason: true, message: true })
    .extend({ forced: z.boolean().describe('Whether the verdict was passed over.') })
    .nullable()
    .describe('How it was judged before it was registered; null: it was not.'),
  run: z
    .strictObject({
      runId: z.string().describe('Id of the run.'),
      workflowId: z.string().describe('Id of its workflow.'),
      pipeline: nameField.describe('Pipeline.'),
      partition: z.string().describe('Partition.'),
      step: nameField.describe('Step that trained it.'),
      startedAt: instantField.describe('When the run began.'),
      requestedBy: z.string().describe('Who asked for it.'),
      specificationDigest: z.string().describe('Digest of its frozen specification.'),
      codeDigest: z.string().nullable().describe('Digest of the trainer’s code; null where it is not on record.'),
      codeLocation: codeLocationSchema.nullable().describe('Where the code is; null where it is not on record.'),
    })
    .nullable()
    .describe('The run that trained it; null: not on record.'),
  versions: z
    .array(
      datasetVersionRefSchema.pick({ dataset: true, partition: true, version: true, rows: true }).extend({
        runId: z.string().nullable().describe('Run that wrote it.'),
        checks: z
          .strictObject({
            verdict: qualityReportSchema.shape.verdict.describe('The worst of the verdicts.'),
            passed: z.int().nonnegative().describe('Checks that passed.'),
            total: z.int().nonnegative().describe('Checks that were made.'),
          })
          .nullable()
          .describe(
            'The newest report on it, or, where it was not checked itself, on what its step read; null: neither was checked.',
          ),
      }),
    )
    .describe('Dataset versions that it was trained on.'),
});

const columnField = z.strictObject({
  dataset: z.string().describe('Dataset; of another tool: its address or path.'),
  column: z.string().describe('Column.'),
});

/** Answer of `GET /api/v1/columns`: where columns come from, or what is made of them, by the newest version of each dataset. */
export const columnGraphSchema = z.strictObject({
  direction: z.enum(['upstream', 'downstream']).describe('Direction that was followed.'),
  roots: z.array(columnField).describe('Columns that were asked about.'),
  edges: z
    .array(
      z.strictObject({
        from: columnField.describe('Column that was read.'),
        to: columnField.describe('Column that was made of it.'),
        how: z.enum(['identity', 'transformation', 'aggregation']).describe('How.'),
      }),
    )
    .describe('Each step from one dataset to another.'),
  untold: z
    .array(
      z.strictObject({
        dataset: nameField.describe('Dataset.'),
        column: z.string().nullable().describe('Column; null: all of them.'),
        reason: z.string().describe('Why its sources cannot be told.'),
      }),
    )
    .describe('What cannot be told about the datasets that were met.'),
});

export type Why = z.infer<typeof whySchema>;
export type ColumnGraph = z.infer<typeof columnGraphSchema>;
