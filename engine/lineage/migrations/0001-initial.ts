import type { Migration } from './migration.js';

/**
 * Everything is append-only. `events` holds each record as it came; the other tables are projections of it, written in
 * the same transaction and joined to it by `sequence`. What holds now is a view over what happened: no row is ever
 * updated, so nothing here needs a primary key, whose conflicts DuckDB only finds at commit.
 */
export const initial: Migration = {
  version: 1,
  name: 'initial',
  sql: `
CREATE TABLE events (
  sequence BIGINT NOT NULL, key VARCHAR NOT NULL, kind VARCHAR NOT NULL, digest VARCHAR NOT NULL,
  payload JSON NOT NULL, answer JSON NOT NULL, recorded_at TIMESTAMP NOT NULL);

CREATE TABLE run_starts (
  sequence BIGINT NOT NULL, run_id VARCHAR NOT NULL, workflow_id VARCHAR NOT NULL, pipeline VARCHAR NOT NULL,
  partition VARCHAR NOT NULL, logical_time TIMESTAMP NOT NULL, started_at TIMESTAMP NOT NULL,
  specification_digest VARCHAR NOT NULL, requested_by VARCHAR NOT NULL, forced BOOLEAN NOT NULL);
CREATE TABLE run_ends (
  sequence BIGINT NOT NULL, run_id VARCHAR NOT NULL, verdict VARCHAR NOT NULL, reason VARCHAR NOT NULL,
  message VARCHAR NOT NULL, finished_at TIMESTAMP NOT NULL);
CREATE TABLE steps (
  sequence BIGINT NOT NULL, run_id VARCHAR NOT NULL, step VARCHAR NOT NULL, type VARCHAR NOT NULL,
  status VARCHAR NOT NULL, started_at TIMESTAMP, finished_at TIMESTAMP NOT NULL, summary VARCHAR NOT NULL, code VARCHAR);

CREATE TABLE edges (sequence BIGINT NOT NULL, from_node VARCHAR NOT NULL, to_node VARCHAR NOT NULL);

CREATE TABLE dataset_versions (
  sequence BIGINT NOT NULL, dataset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL,
  uri VARCHAR NOT NULL, rows BIGINT NOT NULL, bytes BIGINT NOT NULL, schema_fingerprint VARCHAR NOT NULL,
  columns JSON NOT NULL, run_id VARCHAR NOT NULL, step VARCHAR NOT NULL, written_at TIMESTAMP NOT NULL);
CREATE TABLE publications (
  sequence BIGINT NOT NULL, dataset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL, step VARCHAR NOT NULL, published_at TIMESTAMP NOT NULL);
CREATE TABLE quality_results (
  sequence BIGINT NOT NULL, dataset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL, step VARCHAR NOT NULL, verdict VARCHAR NOT NULL, rows BIGINT NOT NULL,
  duration_ms DOUBLE NOT NULL, checked_at TIMESTAMP NOT NULL);
CREATE TABLE quality_checks (
  sequence BIGINT NOT NULL, position INTEGER NOT NULL, name VARCHAR NOT NULL, type VARCHAR NOT NULL,
  column_name VARCHAR, severity VARCHAR NOT NULL, status VARCHAR NOT NULL, observed JSON NOT NULL,
  failing BIGINT NOT NULL, total BIGINT NOT NULL, threshold VARCHAR NOT NULL, message VARCHAR);

CREATE TABLE trainings (
  sequence BIGINT NOT NULL, model VARCHAR NOT NULL, digest VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
  step VARCHAR NOT NULL, seed BIGINT NOT NULL, params JSON NOT NULL, metrics JSON NOT NULL,
  trained_on JSON NOT NULL, manifest JSON NOT NULL, trained_at TIMESTAMP NOT NULL);
CREATE TABLE evaluations (
  sequence BIGINT NOT NULL, model VARCHAR NOT NULL, digest VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
  step VARCHAR NOT NULL, verdict VARCHAR NOT NULL, reason VARCHAR NOT NULL, forced BOOLEAN NOT NULL,
  report JSON NOT NULL, evaluated_at TIMESTAMP NOT NULL);
CREATE TABLE registrations (
  sequence BIGINT NOT NULL, model VARCHAR NOT NULL, version INTEGER NOT NULL, digest VARCHAR NOT NULL,
  uri VARCHAR NOT NULL, bytes BIGINT NOT NULL, run_id VARCHAR NOT NULL, step VARCHAR NOT NULL,
  registered_at TIMESTAMP NOT NULL);
CREATE TABLE alias_moves (
  sequence BIGINT NOT NULL, model VARCHAR NOT NULL, alias VARCHAR NOT NULL, from_version INTEGER,
  to_version INTEGER, actor VARCHAR NOT NULL, reason VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
  moved_at TIMESTAMP NOT NULL);
CREATE TABLE endpoint_changes (
  sequence BIGINT NOT NULL, endpoint VARCHAR NOT NULL, generation INTEGER NOT NULL, stable JSON, canary JSON,
  canary_weight DOUBLE NOT NULL, actor VARCHAR NOT NULL, reason VARCHAR NOT NULL, run_id VARCHAR NOT NULL,
  changed_at TIMESTAMP NOT NULL);
CREATE TABLE rollouts (
  sequence BIGINT NOT NULL, endpoint VARCHAR NOT NULL, outcome VARCHAR NOT NULL, reason VARCHAR NOT NULL,
  run_id VARCHAR NOT NULL, result JSON NOT NULL, finished_at TIMESTAMP NOT NULL);

-- One row a run: its first start and its last end.
CREATE VIEW runs AS
  SELECT s.*, e.verdict, e.reason, e.message, e.finished_at
  FROM (SELECT * FROM run_starts QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY sequence) = 1) s
  LEFT JOIN (SELECT * FROM run_ends QUALIFY row_number() OVER (PARTITION BY run_id ORDER BY sequence DESC) = 1) e
  USING (run_id);
-- The version that is read for each partition.
CREATE VIEW partition_heads AS
  SELECT dataset, partition, arg_max(version, sequence) AS version, max(sequence) AS sequence
  FROM publications GROUP BY dataset, partition;
-- One row a version: whoever wrote the same content again wrote the same version.
CREATE VIEW first_versions AS
  SELECT * FROM dataset_versions
  QUALIFY row_number() OVER (PARTITION BY dataset, partition, version ORDER BY sequence) = 1;
CREATE VIEW model_versions AS
  SELECT * FROM registrations QUALIFY row_number() OVER (PARTITION BY model, digest ORDER BY sequence) = 1;
CREATE VIEW aliases AS
  SELECT model, alias, to_version AS version FROM (
    SELECT * FROM alias_moves QUALIFY row_number() OVER (PARTITION BY model, alias ORDER BY sequence DESC) = 1)
  WHERE to_version IS NOT NULL;
CREATE VIEW endpoint_states AS
  SELECT * FROM endpoint_changes QUALIFY row_number() OVER (PARTITION BY endpoint ORDER BY sequence DESC) = 1;
`,
};
