import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { MillraceError, postgresStatements, sourceName, type SourceOf } from '../../../schemas/index.js';
import { identifier } from '../duckdb-session.js';
import { calendarDates } from '../partition-windows.js';
import { COPY_NULL, type SourceColumn } from '../file-format.js';
import { escapeGlob, readableBytes, type FetchContext, type LocalSource } from './local-source.js';
import { postgresError } from './postgres-errors.js';
import { postgresTables } from './postgres-tables.js';
import { columnOf, type PostgresField } from './postgres-types.js';
import { secretsOf } from './source-access.js';

const CONNECT_TIMEOUT_MS = 15_000;

/** What the query compares with. COPY takes no parameters, but it sees settings, and setting one does. */
const SETTINGS = { key: 'millrace.partition_key', first: 'millrace.partition_start', after: 'millrace.partition_end' };

/**
 * Copies a table or the result of a query to a file with COPY, whose one statement sees one state of the database. Where
 * the step has a time column, only rows of the partition are sent; its bounds are bound parameters.
 *
 * The transaction is read-only, and READ COMMITTED: describing the rows locks the tables, waiting for whoever truncates or
 * replaces one, and COPY sees what was there then. A snapshot from before the locks would find such a table empty.
 */
export async function copyPostgres(
  source: SourceOf<'postgres'>,
  context: FetchContext,
): Promise<Omit<LocalSource, 'name'>> {
  const { signal, folder } = context;
  const name = sourceName(source);
  const connectionString = await secretsOf(context).get(source.connection);
  const { Client } = await import('pg');
  let client: Client;
  try {
    client = new Client({
      connectionString,
      application_name: 'millrace',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
  } catch (error) {
    // The message may quote the address, and with it the password.
    throw new MillraceError('SOURCE_UNREADABLE', `${source.connection} is no address of PostgreSQL`, { cause: error });
  }
  // A connection that breaks while nothing is asked would end the process otherwise.
  client.on('error', () => undefined);
  // Asked a second time, the client would wait for an end that has been.
  let ended: Promise<void> | undefined;
  const end = () => (ended ??= client.end().catch(() => undefined));
  const abort = () => void end();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    await client.query('BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY');
    await client.query("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601'");
    const from = relation(source);
    await setPartition(client, context.window);
    const fields = await describe(client, from);
    const present = fields.map(columnOf);
    refuseUnreadable(name, present);
    const columns = wanted(present, context);
    const filter = await partitionFilter(client, present, context);
    const datasets = await postgresTables(client, source.table, from);
    const path = join(folder, 'copy.csv');
    await copy(
      client,
      `SELECT ${columns.map(({ name }) => identifier(name)).join(', ')} FROM ${from}${filter}`,
      path,
      context,
      name,
    );
    await client.query('COMMIT');
    return { datasets, format: { kind: 'copy' }, files: [escapeGlob(path)], columns, ordered: false };
  } catch (error) {
    signal?.throwIfAborted();
    throw postgresError(name, error);
  } finally {
    signal?.removeEventListener('abort', abort);
    await end();
  }
}

function relation({ table, query }: SourceOf<'postgres'>): string {
  if (table !== undefined) return `${table.split('.').map(identifier).join('.')} AS source`;
  // More than one are refused when the specification is read, and by the server.
  return `(\n${postgresStatements(query ?? '').join(';')}\n) AS source`;
}

async function setPartition(client: Client, { key, start, end }: FetchContext['window']): Promise<void> {
  const values = { [SETTINGS.key]: key, [SETTINGS.first]: start, [SETTINGS.after]: end };
  for (const [setting, value] of Object.entries(values)) {
    if (value !== undefined) await client.query('SELECT set_config($1, $2, true)', [setting, value]);
  }
}

/** The extended protocol takes one statement alone, so a query cannot bring others with it. */
async function describe(client: Client, from: string): Promise<PostgresField[]> {
  const config = { text: `SELECT * FROM ${from} LIMIT 0`, values: [], queryMode: 'extended' };
  return (await client.query(config)).fields;
}

/** Names that a dataset version cannot have side by side, and a result of no columns at all. */
function refuseUnreadable(source: string, present: readonly SourceColumn[]): void {
  if (present.length === 0) throw new MillraceError('SOURCE_UNREADABLE', `${source} has no columns`);
  const names = present.map(({ name }) => name.toLowerCase());
  const twice = present.find(({ name }, index) => names.indexOf(name.toLowerCase()) < index);
  if (twice === undefined) return;
  throw new MillraceError(
    'SOURCE_UNREADABLE',
    `${source} has two columns named ${twice.name}: capitals do not tell columns apart`,
  );
}

function wanted(present: SourceColumn[], { needed, timeColumn }: FetchContext): SourceColumn[] {
  if (needed === undefined || needed.some((name) => !present.some((column) => column.name === name))) return present;
  return present.filter(({ name }) => name === timeColumn || needed.includes(name));
}

/** Rows of the partition, or none if the step needs a column that is missing, which is said later, of all at once. */
async function partitionFilter(client: Client, present: SourceColumn[], context: FetchContext): Promise<string> {
  const { needed, timeColumn, window } = context;
  if (needed?.some((name) => !present.some((column) => column.name === name))) return ' WHERE false';
  const type = present.find(({ name }) => name === timeColumn)?.type;
  if (type === undefined || window.start === undefined || timeColumn === undefined) return '';
  const compare = (value: (setting: string) => string) =>
    ` WHERE ${identifier(timeColumn)} >= ${value(SETTINGS.first)} AND ${identifier(timeColumn)} < ${value(SETTINGS.after)}`;
  if (type === 'TIMESTAMP WITH TIME ZONE') return compare((setting) => `current_setting('${setting}')::timestamptz`);
  if (type === 'TIMESTAMP') {
    return compare((setting) => `(current_setting('${setting}')::timestamptz AT TIME ZONE 'UTC')`);
  }
  const dates = type === 'DATE' ? calendarDates(window.key) : undefined;
  if (dates === undefined) return '';
  const settings = { [SETTINGS.first]: 'millrace.first_date', [SETTINGS.after]: 'millrace.after_date' };
  await client.query('SELECT set_config($1, $2, true), set_config($3, $4, true)', [
    'millrace.first_date',
    dates.first,
    'millrace.after_date',
    dates.after,
  ]);
  return compare((setting) => `current_setting('${settings[setting]}')::date`);
}

async function copy(client: Client, query: string, path: string, { signal, onProgress }: FetchContext, name: string) {
  const { to } = await import('pg-copy-streams');
  const rows = client.query(to(`COPY (${query}) TO STDOUT (FORMAT csv, FORCE_QUOTE *, NULL '${COPY_NULL}')`));
  let bytes = 0;
  await pipeline(
    rows,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        yield chunk;
        bytes += chunk.length;
        onProgress?.(`received ${readableBytes(bytes)} of ${name}`);
      }
    },
    createWriteStream(path, { flags: 'wx' }),
    { signal },
  );
}
