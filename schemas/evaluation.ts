import { z } from 'zod';
import { modelRefSchema } from './model.js';

/** When a challenger may be registered. */
export const evaluationGateSchema = z.strictObject({
  metric: z.enum(['roc_auc']).default('roc_auc').describe('What is compared: area under the ROC curve.'),
  minimum: z
    .number()
    .optional()
    .describe('Least value of the challenger’s metric; without it only the comparison counts.'),
  margin: z
    .number()
    .nonnegative()
    .default(0.01)
    .describe('Non-inferiority margin: passes if the lower bound of challenger minus champion is above minus this.'),
  confidence: z
    .number()
    .gt(0.5)
    .lt(1)
    .default(0.95)
    .describe('Confidence of the two-sided interval of the difference.'),
});

const interval = z.strictObject({
  estimate: z.number().describe('Point estimate.'),
  lower: z.number().describe('Lower bound of the interval.'),
  upper: z.number().describe('Upper bound of the interval.'),
});

/** Challenger and champion on the same frozen rows. */
export const evaluationReportSchema = z.strictObject({
  verdict: z.enum(['pass', 'fail']).describe('Whether the gate opens.'),
  reason: z
    .enum(['NO_CHAMPION', 'NON_INFERIOR', 'INFERIOR', 'BELOW_MINIMUM', 'SAME_MODEL'])
    .describe(
      'Why: no champion to compare with, not worse by the margin, possibly worse by it, below the minimum, the same model.',
    ),
  message: z.string().describe('The same with its figures, in a sentence.'),
  metric: z.string().describe('Metric that was compared.'),
  rows: z.int().nonnegative().describe('Rows that both scored.'),
  positives: z.int().nonnegative().describe('Rows whose label is true.'),
  challenger: interval.describe('Metric of the challenger.'),
  champion: interval.nullable().describe('Metric of the champion on the same rows; null where there is none.'),
  difference: interval.nullable().describe('Challenger minus champion (DeLong’s paired interval).'),
  margin: z.number().describe('Margin of the gate.'),
  confidence: z.number().describe('Confidence of the intervals.'),
  championModel: modelRefSchema.nullable().describe('The champion that was compared with.'),
});

export type EvaluationGate = z.infer<typeof evaluationGateSchema>;
export type EvaluationReport = z.infer<typeof evaluationReportSchema>;
