import type { Migration } from './migration.js';

/**
 * Steps that others may reuse, by the first bits of their key, and who is computing what has a key. Claims are no
 * projection: they are about what is under way, and mean nothing once the step has ended.
 */
export const cache: Migration = {
  version: 8,
  name: 'cache',
  rebuild: true,
  sql: `
CREATE TABLE cached_steps (
  sequence BIGINT NOT NULL, key UBIGINT NOT NULL, run_id VARCHAR NOT NULL, step VARCHAR NOT NULL);
CREATE TABLE cache_claims (
  key VARCHAR NOT NULL, run_id VARCHAR NOT NULL, workflow_id VARCHAR NOT NULL, step VARCHAR NOT NULL,
  after BIGINT NOT NULL, claimed_at TIMESTAMP NOT NULL);
`,
};
