import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { LineageRecord } from '../../../schemas/index.js';
import type { Answer } from '../ledger.js';
import type { OnEvents } from '../long-work.js';
import { MIGRATIONS } from '../migrations/index.js';
import { project, type Row } from '../projection.js';
import { connectionReader, type Reader } from '../reader.js';
import { projectionTables } from '../rebuild.js';
import { TableWriter } from '../table-writer.js';

/** A table of answers that differs from what the events say, or what the migrations made. */
export interface ProjectionProblem {
  /** The first event that it differs from; null: the whole of it is not as it was made. */
  sequence: number | null;
  message: string;
}

/** Events projected at a time, and those whose rows are compared at a time. */
const PAGE = 2000;
const PAGES_COMPARED = 10;
/** Events that are named of a table; the rest is counted. */
const NAMED = 5;

/**
 * Projects all events again beside the tables, some at a time, and compares row by row: what questions are answered from is to be
 * what was recorded. The same for views and tables themselves. All in one transaction, so that what is recorded meanwhile plays no part.
 * @param connection of its own, on which nothing else is under way
 * @param isTold whether it was said already that something was done to an event, so that its rows are no news
 */
export async function projectionProblems(
  connection: DuckDBConnection,
  isTold: (sequence: number) => boolean,
  onEvents: OnEvents = () => undefined,
): Promise<ProjectionProblem[]> {
  const read = connectionReader(connection);
  const found = new Map<string, number[]>();
  const schema = await schemaProblems(read);
  await connection.run('BEGIN TRANSACTION');
  try {
    const [database] = await read<{ name: string }>('SELECT current_database() AS name');
    const tables = await projectionTables(connection);
    for (const table of tables) {
      await connection.run(
        `CREATE OR REPLACE TEMP TABLE "${table}" AS FROM "${database?.name}".main."${table}" LIMIT 0`,
      );
    }
    const writer = new TableWriter(connection, 'temp');
    let gone = 0;
    for (let after = -1, more = true; more;) {
      let last = after;
      for (let page = 0; page < PAGES_COMPARED && more; page += 1) {
        const events = await read<{ sequence: number; payload: string; answer: string }>(
          'SELECT sequence, payload, answer FROM events WHERE sequence > $1 ORDER BY sequence LIMIT $2',
          [last, PAGE],
        );
        await writer.write(events.flatMap(rowsOf));
        more = events.length === PAGE;
        gone += events.length;
        onEvents(gone);
        last = events.at(-1)?.sequence ?? last;
      }
      // Rows of no event at all are before the first, between, or after the last.
      const range = `${after < 0 ? '' : `sequence > ${after} AND `}${more ? `sequence <= ${last}` : 'true'}`;
      for (const table of tables) {
        const is = `SELECT * FROM "${database?.name}".main."${table}" WHERE ${range}`;
        const due = `SELECT * FROM temp.main."${table}"`;
        const differing = await read<{ sequence: number }>(
          `SELECT DISTINCT sequence FROM ((${is} EXCEPT ALL ${due}) UNION ALL (${due} EXCEPT ALL ${is})) ORDER BY sequence`,
        );
        const news = differing.map(({ sequence }) => sequence).filter((sequence) => !isTold(sequence));
        if (news.length > 0) found.set(table, [...(found.get(table) ?? []), ...news]);
        await connection.run(`DELETE FROM temp.main."${table}"`);
      }
      after = last;
    }
  } finally {
    await connection.run('ROLLBACK');
  }
  return [
    ...schema.map((message) => ({ sequence: null, message })),
    ...[...found].map(([table, sequences]) => ({
      sequence: sequences[0] ?? null,
      message: `the table ${table} is not what is recorded: event ${listed(sequences)}`,
    })),
  ];
}

function listed(sequences: readonly number[]): string {
  const more = sequences.length - NAMED;
  return `${sequences.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** None for an event that somebody has made unreadable, which the chain tells. */
function rowsOf({ sequence, payload, answer }: { sequence: number; payload: string; answer: string }): Row[] {
  try {
    const rows = project(JSON.parse(payload) as LineageRecord, JSON.parse(answer) as Answer);
    return rows.map(({ table, cells }) => ({ table, cells: { sequence, ...cells } }));
  } catch {
    return [];
  }
}

/** Tables, views and functions that are not as the migrations make them: a view can hide what a table has. */
async function schemaProblems(read: Reader): Promise<string[]> {
  const due = await withFreshSchema(schemaOf);
  const is = await schemaOf(read);
  return [...new Set([...due.keys(), ...is.keys()])].flatMap((name) => {
    if (due.get(name) === is.get(name)) return [];
    if (!is.has(name)) return [`the ${name} is gone`];
    return [due.has(name) ? `the ${name} is not as Millrace made it` : `the ${name} is none that Millrace made`];
  });
}

async function schemaOf(read: Reader): Promise<Map<string, string>> {
  const rows = await read<{ name: string; sql: string }>(
    `SELECT 'table ' || table_name AS name, sql FROM duckdb_tables() WHERE NOT temporary AND table_name <> 'schema_migrations'
     UNION ALL SELECT 'view ' || view_name, sql FROM duckdb_views() WHERE NOT internal AND NOT temporary
     UNION ALL SELECT DISTINCT 'function ' || function_name, 'function' FROM duckdb_functions() WHERE NOT internal`,
  );
  // What is in quotes differs between a schema that was just made and one that was read from a file.
  return new Map(rows.map(({ name, sql }) => [name, sql.replaceAll('"', '')]));
}

async function withFreshSchema<T>(work: (read: Reader) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  try {
    const connection = await instance.connect();
    try {
      for (const { sql } of MIGRATIONS) await connection.run(sql);
      return await work(connectionReader(connection));
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}
