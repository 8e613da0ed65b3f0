import type { Migration } from './migration.js';

/** Pins, legal holds and taints, and what retention let go. */
export const marks: Migration = {
  version: 4,
  name: 'marks',
  rebuild: true,
  sql: `
CREATE TABLE marks (
  sequence BIGINT NOT NULL, mark VARCHAR NOT NULL, kind VARCHAR NOT NULL, name VARCHAR NOT NULL, partition VARCHAR,
  version VARCHAR, on_name VARCHAR NOT NULL, actor VARCHAR NOT NULL, reason VARCHAR NOT NULL, until TIMESTAMP,
  in_force BOOLEAN NOT NULL, marked_at TIMESTAMP NOT NULL);
CREATE TABLE removals (
  sequence BIGINT NOT NULL, dataset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL,
  uri VARCHAR NOT NULL, removed_at TIMESTAMP NOT NULL);

CREATE VIEW marks_in_force AS
  SELECT * FROM (SELECT * FROM marks QUALIFY row_number() OVER (PARTITION BY mark, on_name ORDER BY sequence DESC) = 1)
  WHERE in_force AND (until IS NULL OR until > now()::TIMESTAMPTZ AT TIME ZONE 'UTC');
-- A version that was written again is there again.
CREATE VIEW removed_versions AS
  SELECT dataset, partition, version, r.uri, r.removed_at
  FROM (SELECT * FROM removals
        QUALIFY row_number() OVER (PARTITION BY dataset, partition, version ORDER BY sequence DESC) = 1) r
  ANTI JOIN dataset_versions w ON w.dataset = r.dataset AND w.partition = r.partition AND w.version = r.version
    AND w.sequence > r.sequence;
`,
};
