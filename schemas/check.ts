import { z } from 'zod';

const column = z.string().min(1).describe('Column that is checked.');
const mostly = z.number().min(0).max(1).default(1).describe('Share of the judged rows that must pass, from 0 to 1.');

const bound = z
  .union([z.number(), z.string().min(1)])
  .describe('A number; for dates and times ISO 8601 text; integers beyond 2^53 and long decimals as text.');

const common = {
  name: z
    .string()
    .min(1)
    .optional()
    .describe('Stable name of the check in reports; by default derived from type and column.'),
  severity: z
    .enum(['info', 'warn', 'error', 'block'])
    .default('error')
    .describe(
      'What a failure means: info and warn are recorded, error fails the suite after all checks ran, block also stops at once.',
    ),
};

/** The rules that a dataset can be held to. Nulls are judged by `not_null` and `unique`; the other row checks pass over them. */
export const checkSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('row_count').describe('The number of rows lies in a range.'),
    ...common,
    min: z.int().nonnegative().optional().describe('Fewest rows that pass.'),
    max: z.int().nonnegative().optional().describe('Most rows that pass.'),
  }),
  z.strictObject({
    type: z.literal('not_null').describe('The column has a value in each row.'),
    ...common,
    column,
    mostly,
  }),
  z.strictObject({
    type: z.literal('between').describe('Values lie in a closed range; NaN fails.'),
    ...common,
    column,
    mostly,
    min: bound.optional().describe('Least value that passes.'),
    max: bound.optional().describe('Greatest value that passes.'),
  }),
  z.strictObject({
    type: z.literal('in_set').describe('Values belong to a set.'),
    ...common,
    column,
    mostly,
    set: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .describe('The values that pass; dates and times as ISO 8601 text, integers beyond 2^53 as text.'),
  }),
  z.strictObject({
    type: z
      .literal('regex')
      .describe('Texts match a regular expression somewhere; anchor it with ^ and $ for the whole text.'),
    ...common,
    column,
    mostly,
    pattern: z.string().min(1).describe('RE2 syntax: linear time, no back references.'),
  }),
  z.strictObject({
    type: z
      .literal('unique')
      .describe(
        'No two rows have the same values; rows with a null in a column are passed over. Failing rows are those that repeat an earlier one.',
      ),
    ...common,
    columns: z.array(z.string().min(1)).min(1).describe('Columns that together are unique.'),
  }),
  z.strictObject({
    type: z
      .literal('freshness')
      .describe(
        'The newest value is not older than a limit at the reference time. Times without a zone are UTC. Without values it fails.',
      ),
    ...common,
    column,
    maxAgeSeconds: z.number().positive().describe('Greatest age of the newest value, in seconds.'),
    reference: z
      .enum(['window_end', 'now'])
      .default('window_end')
      .describe(
        'Age at the end of the partition window (the clock, where there is no window), or at the clock’s time.',
      ),
  }),
]);

/** The rules of a dataset. */
export const suiteSchema = z.strictObject({
  checks: z.array(checkSchema).min(1).describe('The checks; all run in one pass.'),
  keyColumns: z
    .array(z.string().min(1))
    .default([])
    .describe('Columns that are shown with each failing row, to find it again.'),
});

export type Check = z.infer<typeof checkSchema>;
export type Suite = z.infer<typeof suiteSchema>;
export type SuiteInput = z.input<typeof suiteSchema>;
