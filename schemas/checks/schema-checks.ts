import { z } from 'zod';
import { column, columns, common, limits } from './fields.js';

const dataType = z
  .string()
  .min(1)
  .describe(
    'A family (integer, float, number, decimal, boolean, text, date, time, timestamp, binary) or the exact Arrow type as in `Int64`, also in the words of pyarrow, Polars and SQL, as `double` and `timestamp[us]`; case does not matter.',
  );

/** Checks of the columns themselves. They are judged from the schema alone. */
export const schemaChecks = [
  z.strictObject({
    type: z.literal('column_exists').describe('The file has the column.'),
    ...common,
    column,
  }),
  z.strictObject({
    type: z.literal('column_type').describe('The column has a type.'),
    ...common,
    column,
    dataType,
  }),
  z.strictObject({
    type: z.literal('schema_match').describe('The file has these columns, of these types.'),
    ...common,
    columns: z
      .array(
        z.union([
          z.string(),
          z.strictObject({ name: z.string().describe('Name of the column.'), dataType: dataType.optional() }),
        ]),
      )
      .min(1)
      .describe('Names, or names with types.'),
    ordered: z.boolean().default(false).describe('Whether the order of the columns matters.'),
    allowExtra: z.boolean().default(false).describe('Whether other columns may be there too.'),
  }),
  z.strictObject({
    type: z.literal('column_count').describe('The number of columns lies in a range.'),
    ...common,
    ...limits,
  }),
  z.strictObject({
    type: z
      .literal('nullability_match')
      .describe(
        'nullable false: the columns are declared without nulls, or have none. nullable true: they are declared to allow nulls.',
      ),
    ...common,
    columns: columns.describe('Columns that are checked.'),
    nullable: z.boolean().default(false).describe('What is expected.'),
  }),
  z.strictObject({
    type: z
      .literal('schema_change')
      .describe('No column was added, removed or changed its type since the last version.'),
    ...common,
    allow: z
      .array(z.enum(['added', 'removed', 'type', 'order']))
      .default(['order'])
      .describe('Changes that pass.'),
  }),
] as const;
