import type { DuckDBConnection } from '@duckdb/node-api';
import type { CacheClaimRequest, CacheClaimResponse, LineageRecord, RecordResult } from '../../schemas/index.js';
import { copyOpenFile } from './copy-open-file.js';
import { headHash, linkHash } from './audit/chain.js';
import { claimKeys } from './cache-claims.js';
import { CommitQueue, type Outcome } from './commit-queue.js';
import { inTransaction, isGivenUp, openDatabase, type Database } from './database.js';
import { KnownKeys } from './known-keys.js';
import { Ledger, type AcceptedRecord } from './ledger.js';
import { loadLedgerState } from './ledger-state.js';
import { MIGRATIONS, type Migration } from './migrations/index.js';
import { migrate } from './migrations/migrate.js';
import { project, type Row } from './projection.js';
import { connectionReader, ReadPool, type Reader } from './reader.js';
import { LongWork } from './long-work.js';
import { rebuildProjections } from './rebuild.js';
import { TableWriter } from './table-writer.js';
import { WriterLane } from './writer-lane.js';

/** Records in one transaction. Beyond this a commit would block the loop for more than some 20 ms. */
const GROUP_RECORDS = 1000;
/** Claims in one transaction; each is three statements. */
const GROUP_CLAIMS = 100;
const READ_CONNECTIONS = 2;

/** The lineage database, held by this process. */
export interface LineageStore {
  /** Number of the newest migration. */
  readonly schemaVersion: number;
  /**
   * Records facts, all or none of them; resolves after the commit, so what was acknowledged survives a kill or power cut.
   * A record whose key is there already with the same content is `known` and has the numbers that it got at first.
   * @returns one result a record, in order
   * @throws LINEAGE_CONFLICT if a key is on record with other content, or an endpoint is at another generation
   * @throws MODEL_NOT_FOUND, DATASET_VERSION_NOT_FOUND if a record refers to a version that is not on record
   */
  record(records: readonly LineageRecord[]): Promise<RecordResult[]>;
  /** Asks to compute what has a key, for as long as the step is not on record; see `cache-claims.ts`. */
  claim(request: CacheClaimRequest): Promise<CacheClaimResponse>;
  /** Selects from what is committed; see `migrations/` for the tables. */
  readonly read: Reader;
  /** As `read`, with all threads: for questions about most of what is on record. */
  readonly readAll: Reader;
  /**
   * Makes every projection again from the events, in one transaction; commits wait meanwhile, reads see what was there.
   * @returns number of events
   */
  rebuild(): Promise<number>;
  /** What this process is busy with for longer. */
  readonly work: LongWork;
  /** Gives work a connection of its own, for reading alone. */
  withConnection<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
  /** Copies everything that is committed to a new file, while reads go on and commits wait for as long as the copy takes. */
  backup(to: string): Promise<void>;
  /** The newest event that is committed, and the hash of its link in the audit chain. */
  head(): { sequence: number; hash: string };
  /** Notes how far a receiver of events was told; resolves once that is durable. */
  saveExportCursor(name: string, sequence: number): Promise<void>;
  /** Commits what is waiting, writes everything into the database file, and lets go of it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the lineage database, makes it if there is none, and brings it to the newest schema.
 * @throws LINEAGE_LOCKED if it is open already, in this or another process
 * @throws LINEAGE_DATABASE_UNUSABLE if it is damaged, or was written by another version of Millrace
 */
export async function openLineageStore(options: {
  /** Path of the DuckDB file; folders above it are made. */
  path: string;
  /** For tests; all of Millrace’s by default. */
  migrations?: readonly Migration[];
  /** Told when DuckDB gives the database up: all that is asked from then on fails, and it has to be closed and opened again. */
  onFatal?: (error: unknown) => void;
}): Promise<LineageStore> {
  const database = await openDatabase(options.path);
  try {
    const writer = await database.connect();
    const schemaVersion = await migrate(writer, options.migrations ?? MIGRATIONS);
    const [last] = await connectionReader(writer)<{ sequence: number }>(
      'SELECT coalesce(max(sequence), 0) AS sequence FROM events',
    );
    const readers = await Promise.all(Array.from({ length: READ_CONNECTIONS }, () => database.connect()));
    const watch = async <T>(work: Promise<T>): Promise<T> => {
      try {
        return await work;
      } catch (error) {
        if (isGivenUp(error)) options.onFatal?.(error);
        throw error;
      }
    };
    return createStore(database, writer, new ReadPool(readers), watch, schemaVersion, {
      sequence: last?.sequence ?? 0,
      hash: await headHash(connectionReader(writer)),
      keys: await database.withAllThreads(() => KnownKeys.load(writer)),
    });
  } catch (error) {
    database.close();
    throw error;
  }
}

function createStore(
  database: Database,
  writer: DuckDBConnection,
  pool: ReadPool,
  watch: <T>(work: Promise<T>) => Promise<T>,
  schemaVersion: number,
  last: { sequence: number; hash: string; keys: KnownKeys },
): LineageStore {
  const readWithWriter = connectionReader(writer);
  const tables = new TableWriter(writer);
  const lane = new WriterLane();
  let { sequence, hash: head } = last;

  /** Decides on the requests in turn and writes what they add in one transaction. */
  async function commitGroup(requests: readonly (readonly LineageRecord[])[]): Promise<Outcome<RecordResult[]>[]> {
    const ledger = new Ledger(await loadLedgerState(readWithWriter, requests.flat(), last.keys));
    const accepted: AcceptedRecord[] = [];
    const outcomes = requests.map((records): Outcome<RecordResult[]> => {
      try {
        const request = ledger.accept(records);
        accepted.push(...request.accepted);
        return { value: request.results };
      } catch (error) {
        return { error };
      }
    });
    if (accepted.length > 0) {
      const recordedAt = new Date().toISOString();
      let next = head;
      const rows = accepted.flatMap((entry, index) => {
        const written = rowsOf(entry, next, sequence + index + 1, recordedAt);
        next = written.hash;
        return written.rows;
      });
      for (const { record } of accepted) last.keys.add(record.key);
      await inTransaction(writer, () => tables.write(rows));
      sequence += accepted.length;
      head = next;
    }
    return outcomes;
  }

  const queue = new CommitQueue<readonly LineageRecord[], RecordResult[]>(
    (requests) => lane.run(() => commitGroup(requests)),
    GROUP_RECORDS,
  );
  const claims = new CommitQueue<CacheClaimRequest, CacheClaimResponse>(
    (requests) => lane.run(() => inTransaction(writer, () => claimKeys(writer, requests, sequence))),
    GROUP_CLAIMS,
  );
  const work = new LongWork();
  let closing: Promise<void> | null = null;

  async function close(): Promise<void> {
    await Promise.all([queue.idle(), claims.idle()]);
    try {
      await lane.run(() => writer.run('CHECKPOINT'));
    } finally {
      database.close(); // without the checkpoint everything is in the write-ahead log still
    }
  }

  return {
    schemaVersion,
    read: (sql, values) => watch(pool.read(sql, values)),
    readAll: (sql, values) => watch(database.withAllThreads(() => pool.read(sql, values))),
    record: (records) => watch(queue.submit(records, records.length)),
    claim: (request) => watch(claims.submit(request, 1)),
    rebuild: () =>
      watch(
        lane.run(() =>
          work.run({ what: 'rebuild', events: sequence }, (onEvents) =>
            database.withAllThreads(() => inTransaction(writer, () => rebuildProjections(writer, onEvents))),
          ),
        ),
      ),
    work,
    withConnection: async (work) => {
      const connection = await database.connect();
      try {
        return await work(connection);
      } finally {
        database.disconnect(connection);
      }
    },
    backup: (to) =>
      lane.run(async () => {
        await writer.run('FORCE CHECKPOINT'); // everything is in the one file now, and nothing writes until it is copied
        await copyOpenFile(database.file, to);
      }),
    head: () => ({ sequence, hash: head }),
    saveExportCursor: (name, upTo) =>
      lane.run(() =>
        inTransaction(writer, async () => {
          await writer.run('DELETE FROM export_cursors WHERE name = $1', [name]);
          await writer.run('INSERT INTO export_cursors VALUES ($1, $2, now()::TIMESTAMPTZ AT TIME ZONE $3)', [
            name,
            upTo,
            'UTC',
          ]);
        }),
      ),
    close: () => (closing ??= close()),
  };
}

/** Rows of a record: the event, its link in the audit chain, and its projections. */
function rowsOf(
  { record, digest, answer }: AcceptedRecord,
  previous: string,
  sequence: number,
  recordedAt: string,
): { rows: Row[]; hash: string } {
  const { key, kind } = record;
  const texts = { payload: JSON.stringify(record), answer: JSON.stringify(answer) };
  const hash = linkHash(previous, { sequence, key, kind, payload: record, answer, recordedAt });
  const event: Row = { table: 'events', cells: { key, kind, digest, ...texts, recorded_at: recordedAt } };
  const link: Row = { table: 'audit_chain', cells: { hash } };
  const rows = [event, link, ...project(record, answer)];
  return { rows: rows.map(({ table, cells }) => ({ table, cells: { sequence, ...cells } })), hash };
}
