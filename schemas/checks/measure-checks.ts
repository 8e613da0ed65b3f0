import { z } from 'zod';
import { atMost, bound, column, columns, common, filtered, limits, literal, reference } from './fields.js';

/** What `aggregate` measures. */
export const aggregateMetric = z.enum(['min', 'max', 'mean', 'median', 'sum', 'stddev', 'variance', 'quantile']);

const rowsLimit = z.int().nonnegative().optional();

/** Checks that hold one measured number against limits; all take `where` (but custom_sql) and `warn`. */
export const measureChecks = [
  z.strictObject({
    type: z.literal('row_count').describe('The number of rows lies in a range.'),
    ...filtered,
    min: rowsLimit.describe('Fewest rows that pass.'),
    max: rowsLimit.describe('Most rows that pass.'),
    warn: z
      .strictObject({
        min: rowsLimit.describe('Number of rows below which the check warns.'),
        max: rowsLimit.describe('Number of rows above which the check warns.'),
      })
      .optional()
      .describe('A second, stricter range: where only this one is missed, the status is warn.'),
  }),
  z.strictObject({
    type: z
      .literal('freshness')
      .describe(
        'The newest value is not older than a limit at the reference time. Times without a zone are UTC. Without values it fails.',
      ),
    ...filtered,
    column,
    maxAgeSeconds: z.number().positive().describe('Greatest age of the newest value, in seconds.'),
    reference: z
      .enum(['window_end', 'now'])
      .default('window_end')
      .describe(
        'Age at the end of the partition window (the clock, where there is no window), or at the clock’s time.',
      ),
    warn: z
      .strictObject({ maxAgeSeconds: z.number().positive().describe('Age in seconds above which the check warns.') })
      .optional()
      .describe('A second, stricter limit: where only this one is missed, the status is warn.'),
  }),
  z.strictObject({
    type: z
      .literal('partition_completeness')
      .describe('No bucket of time between the first and the last value is empty; measured is the number that are.'),
    ...filtered,
    ...atMost(0),
    column,
    unit: z
      .enum(['hour', 'day', 'week', 'month'])
      .default('day')
      .describe('Size of a bucket, in UTC; weeks start on Monday.'),
    from: z.string().min(1).optional().describe('ISO 8601: the buckets start here rather than at the first value.'),
    to: z
      .string()
      .min(1)
      .optional()
      .describe('ISO 8601: the buckets end before this rather than after the last value.'),
  }),
  z.strictObject({
    type: z.literal('missing_count').describe('The number of rows without a value; by default none.'),
    ...filtered,
    ...atMost(0),
    column,
    set: z.array(literal).default([]).describe('Values that stand for a missing one, as in `["", "N/A", -999]`.'),
    nan: z.boolean().default(false).describe('Whether NaN counts as missing.'),
  }),
  z.strictObject({
    type: z
      .literal('missing_percent')
      .describe('The percentage of rows without a value, from 0 to 100; by default none.'),
    ...filtered,
    ...atMost(0),
    column,
    set: z.array(literal).default([]).describe('Values that stand for a missing one, as in `["", "N/A", -999]`.'),
    nan: z.boolean().default(false).describe('Whether NaN counts as missing.'),
  }),
  z.strictObject({
    type: z.literal('distinct_count').describe('The number of distinct values that are not null.'),
    ...filtered,
    ...limits,
    column,
    approximate: z.boolean().default(false).describe('Whether a sketch (error 1.6 %) may answer, in little memory.'),
  }),
  z.strictObject({
    type: z.literal('unique_ratio').describe('The share of distinct values in the values that are not null.'),
    ...filtered,
    ...limits,
    column,
  }),
  z.strictObject({
    type: z
      .literal('duplicate_rows')
      .describe('The number of rows that repeat an earlier one, nulls being equal; by default none.'),
    ...filtered,
    ...atMost(0),
    columns: columns.optional().describe('Columns that are compared; by default all.'),
  }),
  z.strictObject({
    type: z
      .literal('aggregate')
      .describe('A statistic of the values that are not null lies in a range; NaN makes it NaN, which fails.'),
    ...filtered,
    column,
    metric: aggregateMetric.describe('stddev and variance are those of a sample (n - 1); quantiles are interpolated.'),
    quantile: z.number().min(0).max(1).optional().describe('Which quantile, for the metric `quantile`.'),
    min: bound.optional().describe('Least value that passes.'),
    max: bound.optional().describe('Greatest value that passes.'),
    warn: z
      .strictObject({
        min: bound.optional().describe('Value below which the check warns.'),
        max: bound.optional().describe('Value above which the check warns.'),
      })
      .optional()
      .describe('A second, stricter range: where only this one is missed, the status is warn.'),
  }),
  z.strictObject({
    type: z
      .literal('most_common_value_share')
      .describe('The share of the most frequent value in the values that are not null.'),
    ...filtered,
    ...limits,
    column,
  }),
  z.strictObject({
    type: z.literal('entropy').describe('Shannon’s entropy of the values that are not null, in bits.'),
    ...filtered,
    ...limits,
    column,
  }),
  z.strictObject({
    type: z.literal('correlation').describe('Pearson’s correlation of two columns, over rows where both have a value.'),
    ...filtered,
    ...limits,
    columns: z.array(z.string()).length(2).describe('The two columns.'),
  }),
  z.strictObject({
    type: z
      .literal('outlier_rate')
      .describe('The share of values far from the rest; NaN and the infinities are outliers.'),
    ...filtered,
    ...limits,
    column,
    method: z
      .enum(['iqr', 'zscore'])
      .default('iqr')
      .describe(
        'iqr: beyond `limit` interquartile ranges from the quartiles; zscore: beyond `limit` deviations from the mean.',
      ),
    limit: z.number().positive().optional().describe('By default 1.5 for iqr and 3 for zscore.'),
  }),
  z.strictObject({
    type: z.literal('label_balance').describe('The share of the rarest class of a label.'),
    ...filtered,
    ...limits,
    column,
    set: z.array(literal).min(1).optional().describe('The classes; by default those that are there.'),
  }),
  z.strictObject({
    type: z.literal('group_evolution').describe('The number of groups that are new or missing; by default none.'),
    ...filtered,
    ...atMost(0),
    column,
    set: z.array(literal).min(1).optional().describe('The groups that are expected; else those of `reference`.'),
    reference: reference.optional(),
    allow: z
      .array(z.enum(['new', 'missing']))
      .default([])
      .describe('Changes that do not count.'),
  }),
  z.strictObject({
    type: z
      .literal('target_leakage')
      .describe(
        'The strongest association of a feature with the label: |r| of two numbers, Cramér’s V of two categories, the correlation ratio η of a number by a text (the last two without their bias). Skipped where no feature has one.',
      ),
    ...filtered,
    ...atMost(0.95),
    label: z.string().describe('Column of the label.'),
    columns: columns.optional().describe('Columns of features; by default all others.'),
  }),
  z.strictObject({
    type: z
      .literal('pii_detect')
      .describe('The number of texts that hold personal data; by default none. They are never shown.'),
    ...filtered,
    ...atMost(0),
    columns: columns.optional().describe('Text columns that are searched; by default all.'),
    set: z
      .array(z.enum(['email', 'credit_card', 'ssn', 'iban', 'phone']))
      .min(1)
      .default(['email', 'credit_card', 'ssn', 'iban'])
      .describe('Kinds that are searched for; card numbers and IBANs with their check digits.'),
  }),
  z.strictObject({
    type: z
      .literal('custom_sql')
      .describe(
        'A query over the view `dataset`. With min or max its single number is held against them; else its rows are failing rows.',
      ),
    ...common,
    ...limits,
    sql: z.string().min(1).describe('A SELECT in DuckDB’s dialect; it reaches nothing but the dataset.'),
  }),
] as const;
