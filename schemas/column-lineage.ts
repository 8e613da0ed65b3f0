import { z } from 'zod';
import { nameField } from './fields.js';

const inputColumn = {
  dataset: nameField.describe('Dataset that was read.'),
  column: z.string().describe('Its column.'),
};

/** Which columns of its inputs a query made each column of its result from. */
export const columnLineageSchema = z.strictObject({
  columns: z
    .record(
      z.string(),
      z.array(
        z.strictObject({
          ...inputColumn,
          how: z
            .enum(['identity', 'transformation', 'aggregation'])
            .describe('identity: the value as it is; aggregation: of many rows; transformation: any other expression.'),
        }),
      ),
    )
    .describe('Sources by column of the result; an empty list: constants, or what is under `untold`.'),
  rows: z
    .array(
      z.strictObject({
        ...inputColumn,
        how: z
          .enum(['filter', 'join', 'group_by', 'sort', 'window', 'conditional'])
          .describe('What the column decided: which rows there are, how they meet, or which value is taken.'),
      }),
    )
    .describe('Columns that decided on rows or values without becoming part of them.'),
  untold: z
    .array(
      z.strictObject({
        column: z.string().nullable().describe('Column of the result; null: all of them.'),
        reason: z.string().describe('Why its sources cannot be told.'),
      }),
    )
    .describe('What the syntax tree does not tell; empty if it tells everything.'),
});

export type ColumnLineage = z.infer<typeof columnLineageSchema>;
