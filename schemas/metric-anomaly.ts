import { z } from 'zod';
import { instantField } from './fields.js';
import { timezoneField } from './timezone.js';

const common = {
  direction: z
    .enum(['both', 'spike', 'drop'])
    .default('both')
    .describe('Which departures count: values above what is expected, below it, or both.'),
  trainingDays: z
    .number()
    .positive()
    .optional()
    .describe('How many days before the detection period are learned from; by default all there are.'),
  detectionDays: z
    .number()
    .positive()
    .optional()
    .describe('How many days up to the newest point are judged; by default the newest point alone.'),
  minTrainingSize: z
    .int()
    .positive()
    .optional()
    .describe(
      'Fewest points to learn from; with fewer, nothing is judged. By default 7, with rate_of_change as many as it looks back. A method that needs more takes more.',
    ),
  ignoreSmallChanges: z
    .strictObject({
      spike: z.number().nonnegative().default(0).describe('Share of the expected value that a rise must exceed.'),
      drop: z.number().nonnegative().default(0).describe('Share of the expected value that a fall must exceed.'),
    })
    .prefault({})
    .describe('Departures that are too small to be told, however steady the history.'),
};

const sensitivity = z
  .number()
  .positive()
  .default(3)
  .describe('How many standard deviations from the expected value are still normal; fewer alarm sooner.');

/** How a metric is judged by its own history. */
export const metricAnomalySpecSchema = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('batch_normal').describe('Mean and standard deviation of the training period.'),
    ...common,
    sensitivity,
  }),
  z.strictObject({
    method: z
      .literal('online_normal')
      .describe('Running mean and standard deviation; each point is judged by those before it.'),
    ...common,
    sensitivity,
    learnAnomalies: z
      .boolean()
      .default(false)
      .describe('Whether anomalous points move the mean; without, a lasting new level is told every time.'),
  }),
  z.strictObject({
    method: z.literal('mad').describe('Median and median absolute deviation: unmoved by outliers in the history.'),
    ...common,
    sensitivity,
  }),
  z.strictObject({
    method: z.literal('seasonal').describe('Mean and standard deviation of the points of the same season.'),
    ...common,
    sensitivity,
    seasonality: z
      .enum(['hour_of_day', 'day_of_week', 'hour_of_week', 'day_of_month', 'month_of_year'])
      .describe('Which points are alike. minTrainingSize counts the points of one season.'),
    timezone: timezoneField.default('UTC').describe('IANA name of the time zone of the seasons.'),
  }),
  z.strictObject({
    method: z.literal('holt_winters').describe('Level, trend and season by exponential smoothing, additive.'),
    ...common,
    sensitivity,
    period: z.int().min(2).max(1000).describe('Points a season: 7 for daily points and weeks, 24 for hourly and days.'),
  }),
  z
    .strictObject({
      method: z.literal('rate_of_change').describe('The change against earlier points lies within fixed limits.'),
      ...common,
      change: z
        .enum(['absolute', 'relative'])
        .default('relative')
        .describe('absolute: in units of the metric; relative: as a share of the earlier value, 0.2 for 20 %.'),
      order: z
        .int()
        .min(1)
        .max(10)
        .default(1)
        .describe('absolute: how often differences are taken; relative: how many points back the earlier value lies.'),
      maxIncrease: z.number().nonnegative().optional().describe('Greatest rise that is normal.'),
      maxDecrease: z.number().nonnegative().optional().describe('Greatest fall that is normal.'),
    })
    .refine((spec) => spec.maxIncrease !== undefined || spec.maxDecrease !== undefined, {
      error: 'gives neither maxIncrease nor maxDecrease',
      path: ['maxIncrease'],
    }),
]);

/** Closed bounds of what is normal; null where there is none. */
export const expectedRangeField = z.tuple([z.number().nullable(), z.number().nullable()]);

/** What the history of a metric says of its newest points. */
export const metricAnomalyResultSchema = z.strictObject({
  status: z.enum(['pass', 'fail', 'skip']).describe('skip: nothing could be judged, which is not a pass.'),
  time: instantField
    .nullable()
    .describe('Point that the numbers below are of: the anomaly furthest out, else the newest that was judged.'),
  observed: z.number().nullable().describe('Value of that point; null where it is not a number or nothing was judged.'),
  expected: expectedRangeField.nullable().describe('What would have been normal; null where nothing was judged.'),
  trainingSize: z.int().nonnegative().describe('Points that were learned from.'),
  judged: z.int().nonnegative().describe('Points that were judged.'),
  anomalies: z
    .array(
      z.strictObject({
        time: instantField.describe('Time of the point.'),
        observed: z.number().nullable().describe('Its value.'),
        expected: expectedRangeField.describe('What would have been normal.'),
      }),
    )
    .describe('The anomalous points in order of time.'),
  message: z.string().describe('The finding, or why nothing was judged, in one sentence.'),
});

export type MetricAnomalySpec = z.infer<typeof metricAnomalySpecSchema>;
export type MetricAnomalySpecInput = z.input<typeof metricAnomalySpecSchema>;
export type MetricAnomalyResult = z.infer<typeof metricAnomalyResultSchema>;
