import { z } from 'zod';

/**
 * How two distributions of a column are compared. `psi`: population stability index. `js`: Jensen-Shannon distance (natural
 * logarithm, at most 0.8326). `ks`: Kolmogorov-Smirnov statistic. `wasserstein`: first Wasserstein distance in standard deviations
 * of the reference. `chi2`: Cramér’s V of Pearson’s chi-squared. `linf`: greatest difference of a share. `hellinger`: Hellinger distance.
 */
export const driftMethodField = z.enum(['psi', 'js', 'ks', 'wasserstein', 'chi2', 'linf', 'hellinger']);

const thresholdField = z.number().nonnegative();

/** How two profiles are compared. */
export const driftOptionsSchema = z.strictObject({
  only: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Columns that are compared; by default all that either profile has.'),
  method: driftMethodField.optional().describe('Method for all columns instead of the one by type and size.'),
  threshold: thresholdField.optional().describe('Effect from which a column has drifted, whatever the method.'),
  columns: z
    .record(
      z.string(),
      z.strictObject({
        method: driftMethodField.optional().describe('Method for this column instead of the one by type and size.'),
        threshold: thresholdField.optional().describe('Effect from which this column has drifted.'),
      }),
    )
    .default({})
    .describe('What differs for a column, by its name.'),
  thresholds: z
    .partialRecord(driftMethodField, thresholdField)
    .default({})
    .describe('Effect from which a column has drifted, by method; `threshold`, or 0.1, for each that is not named.'),
  alpha: z
    .number()
    .gt(0)
    .max(1)
    .default(0.05)
    .describe(
      'A column drifts only if its adjusted p is below this: small samples differ by chance. 1 leaves the effect alone to decide.',
    ),
  driftShare: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .describe('Share of the compared columns that must drift for the dataset to have drifted.'),
  binning: z
    .enum(['quantile', 'sturges'])
    .default('quantile')
    .describe(
      'How numbers are binned for psi, js, linf and hellinger: quantiles of the reference, or equal widths by Sturges’ rule over both, as Evidently does.',
    ),
  bins: z.int().min(2).max(1000).default(10).describe('Number of quantile bins.'),
});

/**
 * What was found on one column. A column that is lost (gone, of another type, without values) has drifted, with no effect; one that
 * could not be compared for another reason has `drifted: null`. The reason is in `message`.
 */
export const columnDriftSchema = z.strictObject({
  column: z.string().describe('Name of the column.'),
  kind: z.enum(['numeric', 'categorical']).nullable().describe('How it was compared; null where it was not.'),
  method: driftMethodField.nullable().describe('Method of the effect.'),
  effect: z
    .number()
    .nonnegative()
    .nullable()
    .describe('Effect size in the unit of the method; 0 for equal distributions.'),
  threshold: thresholdField.nullable().describe('Effect from which the column has drifted.'),
  p: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .describe('Probability of at least this difference between two samples of one distribution.'),
  pTest: z.enum(['ks', 'chi2']).nullable().describe('Test that p is of.'),
  pAdjusted: z.number().min(0).max(1).nullable().describe('p after Benjamini-Hochberg over the compared columns.'),
  referenceRows: z.int().nonnegative().describe('Values in the reference, without nulls and NaN.'),
  currentRows: z.int().nonnegative().describe('Values in the current data, without nulls and NaN.'),
  drifted: z
    .boolean()
    .nullable()
    .describe(
      'Whether the effect reaches the threshold and adjusted p is below alpha, or the column is lost; null where nothing could be compared.',
    ),
  newCategories: z
    .array(z.string())
    .describe('Categories that the reference does not have, the most frequent first; at most 20.'),
  newCategoryCount: z.int().nonnegative().describe('How many those are in all.'),
  vanishedCategories: z
    .array(z.string())
    .describe('Categories that the current data does not have, the most frequent first; at most 20.'),
  vanishedCategoryCount: z.int().nonnegative().describe('How many those are in all.'),
  message: z.string().describe('The finding in one sentence.'),
});

/** How far two profiles of a dataset are apart. */
export const driftReportSchema = z.strictObject({
  verdict: z
    .enum(['pass', 'fail', 'skip'])
    .describe('fail: the dataset has drifted; skip: no column could be compared, which says nothing.'),
  drifted: z.boolean().describe('Whether the share of drifted columns reaches the limit.'),
  driftShare: z.number().min(0).max(1).nullable().describe('Drifted columns among those compared; null without any.'),
  driftShareLimit: z.number().describe('Share from which the dataset has drifted.'),
  comparedColumns: z.int().nonnegative().describe('Columns that could be compared or are lost.'),
  driftedColumns: z.int().nonnegative().describe('Columns that have drifted.'),
  columns: z.array(columnDriftSchema).describe('Each column, in the order of the reference; new columns last.'),
});

export type DriftMethod = z.infer<typeof driftMethodField>;
export type DriftOptions = z.infer<typeof driftOptionsSchema>;
export type DriftOptionsInput = z.input<typeof driftOptionsSchema>;
export type ColumnDrift = z.infer<typeof columnDriftSchema>;
export type DriftReport = z.infer<typeof driftReportSchema>;
