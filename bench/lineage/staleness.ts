import { DuckDBInstance } from '@duckdb/node-api';
import { keySql } from '../../engine/lineage/hash-keys.js';
import { openLineageStore } from '../../engine/lineage/lineage-store.js';
import { stalePartitions } from '../../engine/lineage/staleness.js';

/** Upstream versions that each partition was made from. */
const INPUTS = 10;
const REPEATS = 5;

/**
 * How long `stale` takes over partitions that read ten versions each, of which one partition in a thousand reads one that
 * is not published any more. The tables are filled in SQL, as the records of so many runs would fill them.
 */
export async function measureStaleness(path: string, partitions: number, say: (line: string) => void) {
  say(`staleness: filling ${partitions} partitions with ${INPUTS} inputs each`);
  await (await openLineageStore({ path })).close();
  await fill(path, partitions);
  const store = await openLineageStore({ path });
  try {
    const times: number[] = [];
    let total = 0;
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const started = performance.now();
      ({ total } = await stalePartitions(store.readAll, { limit: 100 }));
      times.push(performance.now() - started);
    }
    const expected = Math.floor(partitions / 1000);
    if (total !== expected) throw new Error(`${total} partitions are stale, ${expected} were made so`);
    const [first = 0, ...rest] = times;
    const median = rest.sort((a, b) => a - b)[Math.floor(rest.length / 2)] ?? 0;
    const figures = {
      partitions,
      inputs: partitions * INPUTS,
      stale: total,
      firstMs: round(first),
      medianMs: round(median),
    };
    say(`staleness: ${JSON.stringify(figures)}`);
    return figures;
  } finally {
    await store.close();
  }
}

const slot = (dataset: string, partition: string) => keySql(`'${dataset}' || chr(10) || ${partition}`);

/** Upstream: `raw`; downstream: `daily`, partition i of which reads partitions i to i + 9 of it. */
async function fill(path: string, partitions: number): Promise<void> {
  const instance = await DuckDBInstance.create(path, { threads: '2' });
  const connection = await instance.connect();
  const at = "TIMESTAMP '2001-03-01'";
  const rows = `SELECT i, 'p' || i AS p, 'run-' || md5(i::VARCHAR) AS run, md5('raw' || i) AS raw, md5('daily' || i) AS daily
                FROM range(${partitions}) t(i)`;
  try {
    await connection.run(`
      CREATE TEMP TABLE rows AS ${rows};
      INSERT INTO run_starts SELECT i, run, 'run/nightly/' || p, 'nightly', p, ${at}, ${at}, 'd', 'bench', false FROM rows;
      INSERT INTO run_ends SELECT i, run, 'succeeded', 'COMPLETED', 'done', ${at} FROM rows;
      INSERT INTO specifications SELECT i, 'nightly', 'd', false FROM rows;
      INSERT INTO step_specifications SELECT i, ${keySql("'agg' || chr(10) || run")}, 'nightly', 'agg', 'd', 'c' FROM rows;
      INSERT INTO dataset_versions
        SELECT i, 'raw', p, raw, 'store://x', 1, 1, 'f', '[]', run, 'raw', ${at} FROM rows
        UNION ALL SELECT i + ${partitions}, 'daily', p, daily, 'store://x', 1, 1, 'f', '[]', run, 'agg', ${at} FROM rows;
      INSERT INTO publications
        SELECT i, 'raw', p, raw, run, 'raw', ${at} FROM rows
        UNION ALL SELECT i + ${partitions}, 'daily', p, daily, run, 'agg', ${at} FROM rows;
      INSERT INTO write_keys
        SELECT i, ${slot('raw', 'p')}, ${keySql('raw')}, ${keySql("'raw' || chr(10) || run")} FROM rows
        UNION ALL
        SELECT i + ${partitions}, ${slot('daily', 'p')}, ${keySql('daily')}, ${keySql("'agg' || chr(10) || run")} FROM rows;
      INSERT INTO publication_keys SELECT sequence, slot, seal FROM write_keys;
      CREATE TEMP TABLE raw_keys AS SELECT i, p, raw, ${slot('raw', 'p')} AS slot, ${keySql('raw')} AS seal FROM rows;
      CREATE TEMP TABLE reads AS
        SELECT i, ${keySql("'agg' || chr(10) || run")} AS writer, k, (i + k) % ${partitions} AS raw
        FROM rows, range(${INPUTS}) t(k);
      INSERT INTO step_inputs
        SELECT w.i, w.writer, r.slot, CASE WHEN w.i % 1000 = 999 AND w.k = 3 THEN 1 ELSE r.seal END, 'raw', r.p,
          CASE WHEN w.i % 1000 = 999 AND w.k = 3 THEN 'another' ELSE r.raw END
        FROM reads w JOIN raw_keys r ON r.i = w.raw ORDER BY w.i;
      CHECKPOINT`);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const round = (value: number) => Math.round(value * 10) / 10;
