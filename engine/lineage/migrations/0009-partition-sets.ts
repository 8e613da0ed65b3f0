import type { Migration } from './migration.js';

/** Keys of dynamic sets of partitions: a row for each time one was added or removed. */
export const partitionSets: Migration = {
  version: 9,
  name: 'partition sets',
  rebuild: true,
  sql: `
CREATE TABLE partition_keys (
  sequence BIGINT NOT NULL, set_name VARCHAR NOT NULL, key VARCHAR NOT NULL, position INTEGER NOT NULL,
  present BOOLEAN NOT NULL, actor VARCHAR NOT NULL, changed_at TIMESTAMP NOT NULL);
CREATE VIEW partition_set_keys AS
  SELECT set_name, key, arg_max(position, sequence) AS position, arg_max(actor, sequence) AS actor,
    arg_max(changed_at, sequence) AS changed_at, max(sequence) AS sequence
  FROM partition_keys GROUP BY set_name, key HAVING arg_max(present, sequence);
`,
};
