import { z } from 'zod';
import { bound, column, columns, literal, operator, reference, rowwise } from './fields.js';

const set = z.array(literal).min(1);
const pattern = z.string().min(1).describe('RE2 syntax: linear time, no back references.');

/** What a text can be held to by `format`. */
export const formatField = z
  .enum(['uuid', 'email', 'ipv4', 'ipv6', 'date', 'datetime', 'time', 'json', 'url', 'hostname'])
  .describe('date, datetime and time as in ISO 8601 (RFC 3339); url is absolute.');

const keyColumns = {
  column: z.string().optional().describe('The one column that is checked; else `columns`.'),
  columns: columns.optional().describe('Columns that together are checked.'),
};

const keysOfReference = {
  ...keyColumns,
  reference,
  referenceColumns: columns
    .optional()
    .describe('Columns of the other dataset, in the same order; by default the same names.'),
};

/** Checks that judge rows one by one; all take `where`, `mostly` and `warn.mostly`. */
export const rowChecks = [
  z.strictObject({
    type: z.literal('not_null').describe('The column has a value in each row. NaN is a value.'),
    ...rowwise,
    column,
  }),
  z.strictObject({
    type: z.literal('rows_complete').describe('No column of the row is null.'),
    ...rowwise,
    columns: columns.optional().describe('Columns that are checked; by default all.'),
  }),
  z.strictObject({
    type: z
      .literal('unique')
      .describe(
        'No two rows have the same values; rows with a null in a column are passed over. Failing rows are those that repeat an earlier one.',
      ),
    ...rowwise,
    ...keyColumns,
  }),
  z.strictObject({
    type: z.literal('primary_key').describe('No two rows have the same values, and none of them is null.'),
    ...rowwise,
    ...keyColumns,
  }),
  z.strictObject({
    type: z.literal('between').describe('Values lie in a closed range; NaN fails.'),
    ...rowwise,
    column,
    min: bound.optional().describe('Least value that passes.'),
    max: bound.optional().describe('Greatest value that passes.'),
  }),
  z.strictObject({
    type: z.literal('comparison').describe('Values compare with one value; NaN fails.'),
    ...rowwise,
    column,
    operator,
    value: literal,
  }),
  z.strictObject({
    type: z.literal('in_set').describe('Values belong to a set; NaN is in none.'),
    ...rowwise,
    column,
    set: set.describe('The values that pass; dates and times as ISO 8601 text, integers beyond 2^53 as text.'),
  }),
  z.strictObject({
    type: z.literal('not_in_set').describe('Values do not belong to a set; NaN passes.'),
    ...rowwise,
    column,
    set: set.describe('The values that fail; dates and times as ISO 8601 text, integers beyond 2^53 as text.'),
  }),
  z.strictObject({
    type: z
      .literal('regex')
      .describe('Texts match a regular expression somewhere; anchor it with ^ and $ for the whole text.'),
    ...rowwise,
    column,
    pattern,
  }),
  z.strictObject({
    type: z.literal('not_regex').describe('Texts match a regular expression nowhere.'),
    ...rowwise,
    column,
    pattern,
  }),
  z.strictObject({
    type: z.literal('length_between').describe('Texts have a number of characters (Unicode code points) in a range.'),
    ...rowwise,
    column,
    min: z.int().nonnegative().optional().describe('Fewest characters that pass.'),
    max: z.int().nonnegative().optional().describe('Most characters that pass.'),
  }),
  z.strictObject({
    type: z.literal('format').describe('Texts have a well-known form.'),
    ...rowwise,
    column,
    format: formatField,
  }),
  z.strictObject({
    type: z.literal('finite').describe('Numbers are neither NaN nor infinite.'),
    ...rowwise,
    column,
  }),
  z.strictObject({
    type: z.literal('increasing').describe('Values rise from row to row, in the order of the file; NaN fails.'),
    ...rowwise,
    column,
    strict: z.boolean().default(false).describe('Whether equal neighbours fail.'),
  }),
  z.strictObject({
    type: z.literal('decreasing').describe('Values fall from row to row, in the order of the file; NaN fails.'),
    ...rowwise,
    column,
    strict: z.boolean().default(false).describe('Whether equal neighbours fail.'),
  }),
  z.strictObject({
    type: z
      .literal('column_pair')
      .describe('Two columns of a row compare; rows with a null are passed over, NaN fails.'),
    ...rowwise,
    columns: z.array(z.string()).length(2).describe('The left and the right column.'),
    operator,
  }),
  z.strictObject({
    type: z
      .literal('expression')
      .describe('An expression on columns is not false, as in `delay < 60 or distance > 100`; unknown is passed over.'),
    ...rowwise,
    expression: z.string().min(1).describe('The expression; see docs/checks.md for what it may hold.'),
  }),
  z.strictObject({
    type: z
      .literal('relationships')
      .describe('Values are among those of a column of another dataset; rows with a null are passed over.'),
    ...rowwise,
    ...keysOfReference,
  }),
  z.strictObject({
    type: z
      .literal('key_overlap')
      .describe(
        'Keys are not among those of another dataset, as test data in training data; rows with a null are passed over.',
      ),
    ...rowwise,
    ...keysOfReference,
  }),
] as const;
