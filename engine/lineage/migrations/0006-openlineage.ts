import type { Migration } from './migration.js';

/**
 * How far each receiver of events is, which is no projection: it cannot be made again. And what the columns of a version
 * were made from.
 */
export const openlineage: Migration = {
  version: 6,
  name: 'openlineage',
  rebuild: true,
  sql: `
CREATE TABLE export_cursors (name VARCHAR NOT NULL, sequence BIGINT NOT NULL, saved_at TIMESTAMP NOT NULL);
CREATE TABLE column_sources (
  sequence BIGINT NOT NULL, dataset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL,
  column_name VARCHAR, from_dataset VARCHAR NOT NULL, from_column VARCHAR NOT NULL, how VARCHAR NOT NULL);
`,
};
