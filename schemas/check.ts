import { z } from 'zod';
import { comparisonChecks } from './checks/comparison-checks.js';
import { measureChecks } from './checks/measure-checks.js';
import { rowChecks } from './checks/row-checks.js';
import { schemaChecks } from './checks/schema-checks.js';

/**
 * The rules that a dataset can be held to. Nulls are judged by the checks that say so; others pass over them. NaN is neither null
 * nor a number. `docs/checks.md` states each rule in full.
 */
export const checkSchema = z.discriminatedUnion('type', [
  ...schemaChecks,
  ...rowChecks,
  ...measureChecks,
  ...comparisonChecks,
]);

/** The rules of a dataset. */
export const suiteSchema = z.strictObject({
  checks: z.array(checkSchema).min(1).describe('The checks; all run in one pass.'),
  keyColumns: z
    .array(z.string())
    .default([])
    .describe('Columns that are shown with each failing row, to find it again.'),
  piiColumns: z.array(z.string()).default([]).describe('Columns with personal data: their values are never shown.'),
});

export type Check = z.infer<typeof checkSchema>;
export type Suite = z.infer<typeof suiteSchema>;
export type SuiteInput = z.input<typeof suiteSchema>;
