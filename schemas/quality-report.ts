import { z } from 'zod';
import { datasetVersionRefSchema } from './dataset.js';
import { jsonField } from './fields.js';
import { modelVersionRefSchema } from './model.js';

/**
 * Outcome of one check. `error`: it could not run, which is neither pass nor fail. `warn`: it failed with severity warn or info;
 * of these only warn changes the verdict.
 */
export const checkStatusField = z.enum(['pass', 'warn', 'fail', 'error', 'skip']);

/** What one check found. */
export const checkResultSchema = z.strictObject({
  name: z.string().describe('Stable name of the check.'),
  type: z.string().describe('Type of the check.'),
  column: z
    .string()
    .nullable()
    .describe('Column or columns (joined by `, `) that were checked; null for checks of the whole.'),
  severity: z.enum(['info', 'warn', 'error', 'block']).describe('Severity from the suite.'),
  status: checkStatusField.describe('Outcome.'),
  observed: jsonField.describe('The measured value: a number of rows, the share of rows that pass, the newest time.'),
  failing: z.int().nonnegative().describe('Rows that fail, counted exactly; 0 for checks of the whole.'),
  total: z.int().nonnegative().describe('Rows that were judged; with none, checks of rows pass.'),
  threshold: z.string().describe('The rule in words, as in `1 to 5000, mostly 0.99`.'),
  examples: z
    .array(z.record(z.string(), jsonField))
    .max(20)
    .describe('Some failing rows: `row` from 0 in its `file`, `value`, `keys` with the key columns.'),
  message: z.string().optional().describe('Why the check could not run.'),
});

/** Where a report is stored, for people and for programs. */
export const reportDocumentsSchema = z.strictObject({
  html: z.string().describe('Address of the report as a page in the object store; it needs nothing else.'),
  json: z.string().describe('Address of the report as JSON in the object store.'),
  states: z
    .string()
    .optional()
    .describe(
      'Address of what the checks saw, and of a profile of the columns: enough to judge the version again, alone or together with others, without its rows.',
    ),
  link: z
    .url()
    .optional()
    .describe('Address at which a browser shows it, as long as the lineage owner stays where it is.'),
});

/** What a name of data on record stood for when a suite was judged. */
export const reportReferenceSchema = z.strictObject({
  name: z.string().describe('The reference as the suite names it.'),
  versions: z.array(datasetVersionRefSchema).describe('Dataset versions that were compared with.'),
  model: modelVersionRefSchema.nullable().describe('Model whose training data were compared with.'),
});

/** What was measured on a dataset version or a file. */
export const qualityReportSchema = z.strictObject({
  verdict: z
    .enum(['pass', 'warn', 'fail', 'error'])
    .describe(
      'error: a check could not run; fail: one of severity error or block failed; warn: one of severity warn failed.',
    ),
  rows: z.int().nonnegative().describe('Rows that were read.'),
  durationMs: z.number().nonnegative().describe('Time from the first byte to the verdict.'),
  checks: z.array(checkResultSchema).describe('Results in the order of the suite.'),
  references: z
    .array(reportReferenceSchema)
    .optional()
    .describe('What the references on record were; not given where there are none.'),
  documents: reportDocumentsSchema.optional().describe('Where the report is stored; not given for files.'),
});

export type CheckResult = z.infer<typeof checkResultSchema>;
export type ReportReference = z.infer<typeof reportReferenceSchema>;
export type ReportDocuments = z.infer<typeof reportDocumentsSchema>;
export type QualityReport = z.infer<typeof qualityReportSchema>;
