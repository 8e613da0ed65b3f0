import { z } from 'zod';
import { instantField, KEYS_A_REQUEST, markField, nameField, runVerdictField } from '../../schemas/index.js';

const limit = z.coerce.number().int().min(1).max(1000).default(100).describe('Greatest number of entries.');
const after = z.string().min(1).optional().describe('`next` of the answer before, for the page that follows it.');

/** Queries of the paths that take one. */
export const QUERIES = {
  datasetVersions: z.strictObject({
    partition: z.string().min(1).optional().describe('One partition; all by default.'),
    from: z.string().optional().describe('Partitions whose key does not come before this.'),
    to: z.string().optional().describe('Partitions whose key does not come after this.'),
    version: z.string().min(1).optional().describe('Versions that begin with this.'),
    published: z
      .enum(['true', 'false'])
      .default('false')
      .transform((text) => text === 'true')
      .describe('Only the version that is read for its partition.'),
    limit,
    after,
  }),
  runs: z.strictObject({
    pipeline: nameField.optional().describe('One pipeline; all by default.'),
    partition: z.string().min(1).optional().describe('One partition; all by default.'),
    verdict: runVerdictField
      .or(z.literal('running'))
      .optional()
      .describe('Runs that ended so, or have not ended; all by default.'),
    limit,
    after,
  }),
  alerts: z.strictObject({ pipeline: nameField.optional().describe('One pipeline; all by default.'), limit }),
  lineage: z.strictObject({
    node: z.string().min(1).describe('A node by its id, or loosely, as in `flight-delays` or `dataset:flights`.'),
    direction: z.enum(['upstream', 'downstream']).default('upstream').describe('Direction to follow.'),
    depth: z.coerce.number().int().min(1).max(100).default(20).describe('Greatest number of edges to follow.'),
  }),
  objects: z.strictObject({
    limit: limit.describe(
      'Greatest number of records whose objects the page has; a record may mention several, or none.',
    ),
    after,
    removedBefore: instantField
      .optional()
      .describe('Leaves out objects of versions that retention let go before this time.'),
  }),
  marks: z.strictObject({ mark: markField.optional().describe('One kind; all by default.'), limit }),
  retention: z.strictObject({ limit, after }),
  why: z.strictObject({ prediction: z.string().min(1).max(400).describe('Id of a prediction.') }),
  columns: z.strictObject({
    dataset: z.string().min(1).max(4001).describe('Dataset; of another tool: its address or path.'),
    column: z.string().min(1).optional().describe('One column; all by default.'),
    direction: z.enum(['upstream', 'downstream']).default('upstream').describe('Direction to follow.'),
  }),
  impact: z.strictObject({ node: z.string().min(1).describe('A node by its id, or loosely.') }),
  audit: z.strictObject({
    actor: z.string().min(1).optional().describe('One actor; all by default.'),
    action: z.string().min(1).optional().describe('One kind of action; all by default.'),
    limit,
    after,
  }),
  gaps: z.strictObject({ limit, after }),
  deadLetters: z.strictObject({ limit, after }),
  triggers: z.strictObject({ pipeline: nameField.describe('Pipeline.'), limit }),
  partitionSetKeys: z.strictObject({
    limit: z.coerce.number().int().min(1).max(KEYS_A_REQUEST).default(100).describe('Greatest number of keys.'),
    after,
  }),
  stale: z.strictObject({
    dataset: nameField.optional().describe('One dataset; all by default.'),
    limit,
    after,
  }),
};
