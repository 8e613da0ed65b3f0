import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DuckDBInstance, type DuckDBConnection, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';
import { MillraceError } from '../../schemas/index.js';

export interface DuckDbSessionOptions {
  /** Folder in which the session makes a private one, for spilled data and results; it is removed at the end. */
  scratchDir: string;
  memoryLimit: string;
  threads: number;
  signal?: AbortSignal | undefined;
  /** Told the share of a long statement that is done, in per cent. */
  onPercent?: ((percent: number) => void) | undefined;
}

/** A private in-memory database. Statements run on DuckDB’s own threads, one after another. */
export interface DuckDbSession {
  /** The session’s private folder. */
  folder: string;
  /** Runs a statement and returns its rows; for results that are small. */
  rows(sql: string, values?: Values, types?: Types): Promise<Record<string, unknown>[]>;
  /** Makes any call of the connection as `rows` does: interrupted with the signal, its failure a StatementError. */
  supervised<T>(call: (connection: DuckDBConnection) => Promise<T>): Promise<T>;
}

export type Values = Record<string, DuckDBValue>;
export type Types = Record<string, DuckDBType>;

/** What DuckDB says about a statement that could not be planned or run. Everything else that is thrown is not about SQL. */
export class StatementError extends Error {
  override readonly name = 'StatementError';

  constructor(cause: unknown) {
    super(withoutExcerpt(cause instanceof Error ? cause.message : String(cause)), { cause });
  }
}

/** An interrupt that arrives before DuckDB has begun is lost, so it is repeated until the statement has ended. */
const INTERRUPT_AGAIN_MS = 20;
const PERCENT_EVERY_MS = 500;

/**
 * Opens a database, works with it, closes it and removes its folder, whatever happens. Time zone and limits are set, so
 * that results do not depend on the machine; nothing is installed or loaded from outside.
 * @throws the signal’s reason, once aborted
 * @throws MillraceError STORE_UNAVAILABLE when there is no place to write, SQL_OUT_OF_MEMORY
 */
export async function withDuckDb<T>(
  options: DuckDbSessionOptions,
  work: (session: DuckDbSession) => Promise<T>,
): Promise<T> {
  options.signal?.throwIfAborted();
  const folder = resolve(options.scratchDir, `duckdb-${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true }).catch((error: Error) => {
      throw new MillraceError('STORE_UNAVAILABLE', `no temporary folder: ${error.message}`, { cause: error });
    });
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(options.threads),
      memory_limit: options.memoryLimit,
      temp_directory: folder,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      allow_persistent_secrets: 'false',
    });
    try {
      const connection = await instance.connect();
      try {
        const session = sessionOf(connection, folder, options);
        await session.rows("SET TimeZone = 'UTC'");
        await session.rows('SET enable_progress_bar = true');
        await session.rows('SET enable_progress_bar_print = false');
        return await work(session);
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  } finally {
    // What cannot be removed must not hide what happened.
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function sessionOf(connection: DuckDBConnection, folder: string, options: DuckDbSessionOptions): DuckDbSession {
  const { signal, onPercent } = options;

  async function supervised<T>(call: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    let again: NodeJS.Timeout | undefined;
    const interrupt = () => {
      connection.interrupt();
      again = setInterval(() => connection.interrupt(), INTERRUPT_AGAIN_MS);
    };
    signal?.addEventListener('abort', interrupt, { once: true });
    const percent = onPercent && setInterval(() => reportPercent(connection, onPercent), PERCENT_EVERY_MS);
    try {
      return await call(connection);
    } catch (error) {
      signal?.throwIfAborted();
      const failure = new StatementError(error);
      if (OUT_OF_MEMORY.test(failure.message)) {
        throw new MillraceError('SQL_OUT_OF_MEMORY', failure.message, { cause: error });
      }
      if (!isDiskFull(failure)) throw failure;
      throw new MillraceError('STORE_UNAVAILABLE', failure.message, { cause: error });
    } finally {
      signal?.removeEventListener('abort', interrupt);
      clearInterval(again);
      clearInterval(percent);
    }
  }

  return {
    folder,
    supervised,
    rows: (sql, values, types) =>
      supervised(async () => (await connection.runAndReadAll(sql, values, types)).getRowObjectsJS()),
  };
}

function reportPercent(connection: DuckDBConnection, onPercent: (percent: number) => void): void {
  const { percentage } = connection.progress;
  if (percentage > 0) onPercent(Math.floor(percentage));
}

/** How DuckDB begins what it says where the limit of the session is reached, and the disk is of no help. */
const OUT_OF_MEMORY = /^(Error: )?Out of Memory Error/;

const isDiskFull = ({ message }: Error) =>
  /no space left on device|disk quota exceeded|failed to offload/i.test(message);

/** DuckDB’s message without the excerpt of the statement, which would show what Millrace wrote around it. */
function withoutExcerpt(message: string): string {
  return (message.split(/\n\s*\n|\nLINE \d/)[0] ?? message).trim();
}

/** A name as SQL reads it. */
export const identifier = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** A text as SQL reads it; for the places where DuckDB’s grammar has no parameter. */
export const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
