import { z } from 'zod';
import { driftMethodField } from '../drift.js';
import { metricAnomalySpecSchema } from '../metric-anomaly.js';
import { aggregateMetric } from './measure-checks.js';
import { atMost, columns, common, filtered, limits, reference } from './fields.js';

const drift = {
  reference,
  metric: driftMethodField.optional().describe('How distributions are compared; by default chosen by type and size.'),
  alpha: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe('Only differences whose adjusted p is below this count; 1 leaves the effect alone to decide.'),
};

const columnMax = z.number().nonnegative().optional().describe('Effect from which a column counts; by default 0.1.');

const anomaly = metricAnomalySpecSchema
  .prefault({ method: 'mad' })
  .describe('How the newest value is judged by the earlier ones.');

/** Checks that compare with another dataset, or with earlier versions of this one. */
export const comparisonChecks = [
  z.strictObject({
    type: z.literal('row_count_match').describe('The dataset has as many rows as another one.'),
    ...filtered,
    reference,
    tolerance: z.number().min(0).default(0).describe('Difference that passes, as a share of the other’s rows.'),
  }),
  z.strictObject({
    type: z.literal('reconciliation').describe('A measure of a column equals that of another dataset.'),
    ...filtered,
    reference,
    metric: z
      .enum(['row_count', 'sum', 'min', 'max', 'mean', 'stddev', 'distinct_count', 'null_count', 'checksum'])
      .default('checksum')
      .describe('checksum: the same rows in any order, over `columns`.'),
    column: z.string().optional().describe('Column that is measured.'),
    columns: columns.optional().describe('Columns of the checksum; by default `column`, else all.'),
    tolerance: z.number().min(0).default(0).describe('Difference that passes, as a share of the other’s value.'),
  }),
  z.strictObject({
    type: z.literal('drift').describe('The distribution of a column is near that of a reference.'),
    ...common,
    column: z.string().describe('Column that is checked.'),
    ...drift,
    max: z.number().nonnegative().default(0.1).describe('Effect from which the column has drifted.'),
    warn: z
      .strictObject({ max: z.number().nonnegative().describe('Effect from which the check warns.') })
      .optional()
      .describe('A second, stricter limit: where only this one is missed, the status is warn.'),
  }),
  z.strictObject({
    type: z.literal('dataset_drift').describe('The share of columns that drifted is below a limit, by default half.'),
    ...common,
    ...atMost(0.5),
    ...drift,
    columns: columns.optional().describe('Columns that are compared; by default all of both.'),
    columnMax,
  }),
  z.strictObject({
    type: z
      .literal('train_serve_skew')
      .describe('The number of columns whose serving data differ from the training data; by default none.'),
    ...common,
    ...atMost(0),
    ...drift,
    columns: columns.optional().describe('Columns that are compared; by default all of both.'),
    columnMax,
  }),
  z.strictObject({
    type: z
      .literal('row_count_change')
      .describe('The relative change of the number of rows since an earlier version, as in -0.1.'),
    ...common,
    ...limits,
    lag: z.int().min(1).default(1).describe('How many versions back.'),
  }),
  z.strictObject({
    type: z.literal('volume_anomaly').describe('The number of rows is as earlier versions let expect.'),
    ...common,
    anomaly,
  }),
  z.strictObject({
    type: z.literal('metric_anomaly').describe('A measure of a column is as earlier versions let expect.'),
    ...common,
    column: z.string().describe('Column that is measured.'),
    metric: z
      .enum([...aggregateMetric.options, 'null_share', 'nan_share', 'distinct_count'])
      .describe('What is measured.'),
    quantile: z.number().min(0).max(1).optional().describe('Which quantile, for the metric `quantile`.'),
    anomaly,
  }),
] as const;
