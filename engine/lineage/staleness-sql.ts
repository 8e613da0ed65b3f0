import { keySql } from './hash-keys.js';

/**
 * The statement that finds what is stale: a row for each partition of a page, and one for each count.
 * $1 to $4: pipeline, step, digest and code digest of each step that writes; $5, $6: dataset and pipeline of each;
 * $7, $8: expected dataset and partition; $9: one dataset, or null; $10: limit; $11, $12: the last of the page before.
 * Everything is decided on integer keys; names are fetched for what was found to be stale. Who wrote a content last is
 * asked only of slots that may be stale: of all, it would take as long as the rest.
 * @param paged whether $11 and $12 are bound
 */
export function staleSql(paged: boolean): string {
  return `
WITH heads AS MATERIALIZED (
    SELECT slot, arg_max(seal, sequence) AS seal, max(sequence) AS sequence FROM publication_keys GROUP BY slot),
  moved AS MATERIALIZED (
    SELECT i.writer, i.slot FROM step_inputs i JOIN heads h ON h.slot = i.slot WHERE h.seal <> i.seal),
  -- A quarantine reads a version and publishes what it leaves of it in the same place, which is no change from outside.
  own AS (SELECT slot FROM write_keys w SEMI JOIN moved m ON m.slot = w.slot AND m.writer = w.writer),
  own_heads AS (${writtenSql('own')}),
  changed AS (
    SELECT DISTINCT writer FROM moved m ANTI JOIN own_heads h ON h.slot = m.slot AND h.writer = m.writer),
  now_steps AS (SELECT unnest($1) AS pipeline, unnest($2) AS step, unnest($3) AS digest, unnest($4) AS code_digest),
  now_pipelines AS (SELECT DISTINCT unnest($1) AS pipeline),
  outdated AS (
    SELECT s.writer, n.step IS NOT NULL AND s.code_digest IS DISTINCT FROM nullif(n.code_digest, '') AS code,
      s.digest IS DISTINCT FROM n.digest AS specification
    FROM step_specifications s SEMI JOIN now_pipelines USING (pipeline) LEFT JOIN now_steps n USING (pipeline, step)
    WHERE code OR specification),
  targets AS (SELECT DISTINCT unnest($5) AS dataset, unnest($6) AS pipeline),
  failures AS (
    SELECT t.dataset, s.partition, max(s.sequence) AS started, arg_max(s.run_id, s.sequence) AS run_id,
      ${keySql('t.dataset || chr(10) || s.partition')} AS slot
    FROM run_ends e JOIN run_starts s USING (run_id) JOIN targets t USING (pipeline)
    WHERE e.verdict <> 'succeeded' GROUP BY t.dataset, s.partition),
  concerned AS (
    SELECT slot FROM write_keys SEMI JOIN (SELECT writer FROM changed UNION ALL SELECT writer FROM outdated) USING (writer)
    UNION SELECT slot FROM failures),
  heads_written AS MATERIALIZED (${writtenSql('concerned')}),
  failed AS (
    SELECT f.*, h.sequence, h.writer FROM failures f LEFT JOIN heads_written h USING (slot)
    WHERE h.sequence IS NULL OR h.sequence < f.started),
  expected AS (
    SELECT dataset, partition, ${keySql('dataset || chr(10) || partition')} AS slot
    FROM (SELECT DISTINCT unnest($7) AS dataset, unnest($8) AS partition)),
  missing AS (SELECT * FROM expected ANTI JOIN heads USING (slot) ANTI JOIN failed USING (slot)),
  found AS (
    SELECT slot, sequence, writer, 'input_changed' AS reason FROM heads_written SEMI JOIN changed USING (writer)
    UNION ALL SELECT slot, sequence, writer, 'code_changed' FROM heads_written
      SEMI JOIN (FROM outdated WHERE code) USING (writer)
    UNION ALL SELECT slot, sequence, writer, 'specification_changed' FROM heads_written
      SEMI JOIN (FROM outdated WHERE specification) USING (writer)
    UNION ALL SELECT slot, sequence, writer, 'failed' FROM failed
    UNION ALL SELECT slot, NULL, NULL, 'missing' FROM missing),
  slots AS (
    SELECT slot, any_value(sequence) AS sequence, any_value(writer) AS writer, string_agg(reason, ',') AS reasons
    FROM found GROUP BY slot),
  stale AS MATERIALIZED (
    SELECT coalesce(p.dataset, f.dataset, m.dataset) AS dataset,
      coalesce(p.partition, f.partition, m.partition) AS partition,
      s.reasons, s.sequence, s.writer, f.run_id AS failed_run
    FROM slots s LEFT JOIN publications p USING (sequence) LEFT JOIN failed f USING (slot)
    LEFT JOIN missing m USING (slot)
    WHERE $9::VARCHAR IS NULL OR coalesce(p.dataset, f.dataset, m.dataset) = $9::VARCHAR),
  page AS (
    SELECT * FROM stale ${paged ? 'WHERE (dataset, partition) > ($11, $12)' : ''}
    ORDER BY dataset, partition LIMIT $10)
SELECT dataset, partition, reasons, 0 AS total, sequence, writer::VARCHAR AS writer, failed_run FROM page
UNION ALL SELECT '', NULL, 'total', count(*), NULL, NULL, NULL FROM stale
UNION ALL SELECT '', NULL, reason, count(*), NULL, NULL, NULL
  FROM (SELECT unnest(string_split(reasons, ',')) AS reason FROM stale) GROUP BY reason
ORDER BY dataset, partition`;
}

/** The heads of the slots that a table names, each with the step that wrote its content last. */
function writtenSql(slots: string): string {
  return `SELECT h.slot, h.seal, h.sequence, w.writer FROM heads h JOIN (
      SELECT slot, seal, arg_max(writer, sequence) AS writer FROM write_keys SEMI JOIN ${slots} USING (slot)
      GROUP BY slot, seal) w ON w.slot = h.slot AND w.seal = h.seal`;
}
