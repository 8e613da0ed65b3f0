import { z } from 'zod';

export const column = z.string().describe('Column that is checked.');

export const columns = z.array(z.string()).min(1);

const mostly = z.number().min(0).max(1);

/** A value that a column is compared with. */
export const literal = z
  .union([z.number(), z.string(), z.boolean()])
  .describe('A value; dates and times as ISO 8601 text, integers beyond 2^53 and long decimals as text.');

export const bound = z
  .union([z.number(), z.string().min(1)])
  .describe('A number; for dates and times ISO 8601 text; integers beyond 2^53 and long decimals as text.');

/** Fields of every check. */
export const common = {
  name: z
    .string()
    .min(1)
    .optional()
    .describe('Stable name of the check in reports; by default derived from type and column.'),
  description: z.string().max(500).optional().describe('Why the check is there, for those who read the suite.'),
  severity: z
    .enum(['info', 'warn', 'error', 'block'])
    .default('error')
    .describe(
      'What a failure means: info and warn are recorded, error fails the suite, block fails it too, and a quarantine of rows does not remedy it. All checks run in any case.',
    ),
};

/** Fields of every check that looks at rows. */
export const filtered = {
  ...common,
  where: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Only rows for which this expression is true are looked at, as in `distance > 0 and origin != 'LAX'`; unknown (null) is not true.",
    ),
};

/** Fields of every check that judges rows one by one. */
export const rowwise = {
  ...filtered,
  mostly: mostly.default(1).describe('Share of the judged rows that must pass, from 0 to 1.'),
  warn: z
    .strictObject({ mostly: mostly.describe('Share of the judged rows below which the check warns.') })
    .optional()
    .describe('A second, stricter threshold: where only this one is missed, the status is warn.'),
};

/** The limits of a measured number. */
export const limits = {
  min: z.number().optional().describe('Least value that passes.'),
  max: z.number().optional().describe('Greatest value that passes.'),
  warn: z
    .strictObject({
      min: z.number().optional().describe('Value below which the check warns.'),
      max: z.number().optional().describe('Value above which the check warns.'),
    })
    .optional()
    .describe('A second, stricter range: where only this one is missed, the status is warn.'),
};

/** Limits of a measure with a natural greatest value: of a count that should be 0, a share that should be small. */
export const atMost = (max: number) => ({
  ...limits,
  max: z.number().default(max).describe('Greatest value that passes.'),
});

export const reference = z
  .string()
  .min(1)
  .describe('Dataset to compare with: a name that the caller resolves, else the path of a file.');

/** How two values are compared. */
export const operator = z.enum(['lt', 'le', 'eq', 'ne', 'ge', 'gt']).describe('lt <, le <=, eq =, ne !=, ge >=, gt >.');
