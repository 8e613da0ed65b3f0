import type { Migration } from './migration.js';

/** What became of alerts on their channels. */
export const alerts: Migration = {
  version: 7,
  name: 'alerts',
  rebuild: true,
  sql: `
CREATE TABLE alert_deliveries (
  sequence BIGINT NOT NULL, channel VARCHAR NOT NULL, event VARCHAR NOT NULL, pipeline VARCHAR, outcome VARCHAR NOT NULL,
  delivery JSON NOT NULL, ended_at TIMESTAMP NOT NULL);
`,
};
