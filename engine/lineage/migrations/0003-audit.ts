import type { Migration } from './migration.js';

/**
 * One link an event: its hash covers the event and the hash before, so that no event can be changed, removed or put in
 * without breaking the chain. Not a projection: it is written once, with the event.
 */
export const audit: Migration = {
  version: 3,
  name: 'audit',
  rebuild: true,
  seal: true,
  sql: `
CREATE TABLE audit_chain (sequence BIGINT NOT NULL, hash VARCHAR NOT NULL);
CREATE TABLE actions (
  sequence BIGINT NOT NULL, actor VARCHAR NOT NULL, action VARCHAR NOT NULL, target VARCHAR NOT NULL,
  reason VARCHAR NOT NULL, run_id VARCHAR, done_at TIMESTAMP NOT NULL);
`,
};
