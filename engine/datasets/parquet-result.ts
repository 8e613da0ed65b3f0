import { join } from 'node:path';
import type { Column } from '../../schemas/index.js';
import type { WrittenFile } from './dataset-version.js';
import type { DuckDbSession, Types, Values } from './duckdb-session.js';

/** Where a session writes its result. */
export const resultPath = (session: DuckDbSession) => join(session.folder, 'result.parquet');

/**
 * Writes a query’s rows to the session’s result file: Parquet, zstd, row groups of 122,880 rows. Equal rows in equal
 * order give equal bytes with the same release of DuckDB, which writes its name into the file, as long as the rows come
 * from one thread or out of a sort: else the groups are cut where the threads happened to meet.
 */
export async function writeParquet(
  session: DuckDbSession,
  query: string,
  values: Values,
  types: Types,
): Promise<WrittenFile> {
  const path = resultPath(session);
  const [count] = await session.rows(
    `COPY (${query}\n) TO $result_file (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
    { ...values, result_file: path },
    types,
  );
  return { path, rows: Number(count?.['Count']), columns: await columnsOfFile(session, path) };
}

/** Columns as they are in the file, which knows fewer types than a query: an ENUM is stored as VARCHAR. */
async function columnsOfFile(session: DuckDbSession, path: string): Promise<Column[]> {
  const rows = await session.rows('DESCRIBE SELECT * FROM read_parquet($path)', { path });
  return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']), nullable: true }));
}
