import type { Migration } from './migration.js';

/** What became of the events that the triggers of pipelines saw. */
export const triggers: Migration = {
  version: 5,
  name: 'triggers',
  rebuild: true,
  sql: `
CREATE TABLE trigger_events (
  sequence BIGINT NOT NULL, pipeline VARCHAR NOT NULL, event_id VARCHAR NOT NULL, trigger VARCHAR NOT NULL,
  source VARCHAR NOT NULL, subject VARCHAR NOT NULL, outcome VARCHAR NOT NULL, reason VARCHAR NOT NULL, runs JSON NOT NULL,
  received_at TIMESTAMP NOT NULL, ended_at TIMESTAMP NOT NULL);
`,
};
