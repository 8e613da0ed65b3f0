import type { DuckDBConnection } from '@duckdb/node-api';
import type { LineageRecord } from '../../schemas/index.js';
import type { Answer } from './ledger.js';
import type { OnEvents } from './long-work.js';
import { project } from './projection.js';
import { connectionReader } from './reader.js';
import { TableWriter } from './table-writer.js';

/** What is not a projection: it cannot be made again from the events. */
const SOURCES = ['audit_chain', 'cache_claims', 'events', 'export_cursors', 'schema_migrations'];

/** Events projected at a time. */
const PAGE = 2000;

/**
 * Makes every projection again from the events, within the transaction that is open on the connection: who reads meanwhile
 * sees the tables as they were.
 * @param onEvents told how many were gone through
 * @returns number of events
 */
export async function rebuildProjections(connection: DuckDBConnection, onEvents?: OnEvents): Promise<number> {
  const read = connectionReader(connection);
  for (const table of await projectionTables(connection)) await connection.run(`DELETE FROM "${table}"`);
  const writer = new TableWriter(connection);
  let events = 0;
  for (let last = 0; ;) {
    const page = await read<{ sequence: number; payload: string; answer: string }>(
      'SELECT sequence, payload, answer FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2',
      [last, PAGE],
    );
    const rows = page.flatMap(({ sequence, payload, answer }) =>
      project(JSON.parse(payload) as LineageRecord, JSON.parse(answer) as Answer).map(({ table, cells }) => ({
        table,
        cells: { sequence, ...cells },
      })),
    );
    await writer.write(rows);
    events += page.length;
    onEvents?.(events);
    last = page.at(-1)?.sequence ?? last;
    if (page.length < PAGE) return events;
  }
}

/** Names of the tables that are projections of the events, sorted. */
export async function projectionTables(connection: DuckDBConnection): Promise<string[]> {
  const tables = await connectionReader(connection)<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables
     WHERE table_type = 'BASE TABLE' AND table_schema = 'main' ORDER BY name`,
  );
  return tables.map(({ name }) => name).filter((name) => !SOURCES.includes(name));
}
