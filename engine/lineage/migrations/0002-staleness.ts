import type { Migration } from './migration.js';

/**
 * What staleness is computed from: narrow tables of integers, see `hash-keys.ts`. A slot is a partition of a dataset, a
 * seal its version, a writer a step of a run.
 */
export const staleness: Migration = {
  version: 2,
  name: 'staleness',
  rebuild: true,
  sql: `
CREATE TABLE publication_keys (sequence BIGINT NOT NULL, slot UBIGINT NOT NULL, seal UBIGINT NOT NULL);
CREATE TABLE write_keys (
  sequence BIGINT NOT NULL, slot UBIGINT NOT NULL, seal UBIGINT NOT NULL, writer UBIGINT NOT NULL);
CREATE TABLE step_inputs (
  sequence BIGINT NOT NULL, writer UBIGINT NOT NULL, slot UBIGINT NOT NULL, seal UBIGINT NOT NULL,
  dataset VARCHAR NOT NULL, partition VARCHAR NOT NULL, version VARCHAR NOT NULL);
CREATE TABLE specifications (
  sequence BIGINT NOT NULL, pipeline VARCHAR NOT NULL, digest VARCHAR NOT NULL, declared BOOLEAN NOT NULL);
CREATE TABLE step_specifications (
  sequence BIGINT NOT NULL, writer UBIGINT NOT NULL, pipeline VARCHAR NOT NULL, step VARCHAR NOT NULL,
  digest VARCHAR NOT NULL, code_digest VARCHAR);
`,
};
