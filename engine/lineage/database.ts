import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { MillraceError } from '../../schemas/index.js';
import { WriterLane } from './writer-lane.js';

/**
 * Files that this process has open. DuckDB's lock keeps other processes out, but not a second instance in the same
 * process: that one would write over the first, and its closing would release the lock of both.
 */
const openHere = new Set<string>();

/** Threads of questions about everything; one less than this is there only while one is asked. */
const ALL_THREADS = 2;

/** An open database file that no other process can open. */
export interface Database {
  /** Path of the file, links resolved. */
  readonly file: string;
  connect(): Promise<DuckDBConnection>;
  /** Closes one connection. */
  disconnect(connection: DuckDBConnection): void;
  /**
   * Does work that goes over most of what there is with {@link ALL_THREADS} threads. All else has one: with more, DuckDB
   * hands each small statement to a second thread, and the first goes round in circles until that is done.
   */
  withAllThreads<T>(work: () => Promise<T>): Promise<T>;
  /** Closes all connections and the file, and lets others open it. Nothing may be under way. */
  close(): void;
}

/**
 * Opens a DuckDB file for this process alone, and makes it if there is none.
 * @throws LINEAGE_LOCKED if it is open already, here or elsewhere
 * @throws LINEAGE_DATABASE_UNUSABLE if it cannot be opened for another reason
 */
export async function openDatabase(path: string): Promise<Database> {
  const file = await canonicalPath(path);
  if (openHere.has(file)) throw new MillraceError('LINEAGE_LOCKED', `${path} is open in this process already`);
  openHere.add(file);
  try {
    const instance = await DuckDBInstance.create(file, {
      threads: '1',
      autoinstall_known_extensions: 'false', // never reach out for extensions
      enable_external_access: 'false', // a statement here has no business with other files
    });
    const connections = new Set<DuckDBConnection>();
    const settings = await instance.connect();
    connections.add(settings);
    const lane = new WriterLane();
    let wide = 0;
    const setThreads = () => lane.run(() => settings.run(`SET threads = ${wide > 0 ? ALL_THREADS : 1}`));
    return {
      file,
      withAllThreads: async (work) => {
        wide += 1;
        try {
          await setThreads();
          return await work();
        } finally {
          wide -= 1;
          await setThreads();
        }
      },
      connect: async () => {
        const connection = await instance.connect();
        connections.add(connection);
        return connection;
      },
      disconnect: (connection) => {
        // Closed with the others if the database was closed meanwhile.
        if (connections.delete(connection)) connection.closeSync();
      },
      close: () => {
        for (const connection of connections) connection.closeSync(); // one that is open would keep the file open
        connections.clear();
        instance.closeSync();
        openHere.delete(file);
      },
    };
  } catch (error) {
    openHere.delete(file);
    const message = error instanceof Error ? error.message : String(error);
    if (/could not set lock|being used by another process/i.test(message)) {
      throw new MillraceError('LINEAGE_LOCKED', `${path} is held by another process: ${message}`, { cause: error });
    }
    throw new MillraceError('LINEAGE_DATABASE_UNUSABLE', `${path}: ${message}`, { cause: error });
  }
}

/** Whether DuckDB says that it has given a database up, until it is opened again: what is committed is there, and nothing else works. */
export function isGivenUp(error: unknown): boolean {
  return error instanceof Error && /FATAL Error|database has been invalidated/.test(error.message);
}

/** Runs statements in a transaction: committed when `work` resolves, taken back when it rejects. */
export async function inTransaction<T>(connection: DuckDBConnection, work: () => Promise<T>): Promise<T> {
  await connection.run('BEGIN TRANSACTION');
  try {
    const result = await work();
    await connection.run('COMMIT');
    return result;
  } catch (error) {
    // A failed COMMIT has ended the transaction already; the first error is the one that matters.
    await connection.run('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The path with links resolved, so that two names of one file are one. */
async function canonicalPath(path: string): Promise<string> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const folder = await realpath(dirname(path));
    const file = join(folder, basename(path));
    return await realpath(file).catch(() => file);
  } catch (error) {
    throw new MillraceError('LINEAGE_DATABASE_UNUSABLE', `${path}: ${String(error)}`, { cause: error });
  }
}
