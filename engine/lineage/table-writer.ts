import { DuckDBTimestampValue, DuckDBTypeId, type DuckDBAppender, type DuckDBConnection } from '@duckdb/node-api';
import type { Cell, Row } from './projection.js';

interface ColumnInfo {
  name: string;
  type: DuckDBTypeId;
}

/**
 * Appends rows to tables with DuckDB's appender, which is some eighty times faster than an INSERT statement a row.
 * The order of columns is read from the database, so the migrations alone say what a table has.
 */
export class TableWriter {
  private readonly columns = new Map<string, ColumnInfo[]>();

  /** @param catalog `temp`: temporary tables of the connection; by default those of the database */
  constructor(
    private readonly connection: DuckDBConnection,
    private readonly catalog?: 'temp',
  ) {}

  /** Appends rows within the transaction that is open on the connection. */
  async write(rows: readonly Row[]): Promise<void> {
    const byTable = new Map<string, Record<string, Cell>[]>();
    for (const { table, cells } of rows) {
      const list = byTable.get(table);
      if (list === undefined) byTable.set(table, [cells]);
      else list.push(cells);
    }
    for (const [table, list] of byTable) await this.writeTable(table, list);
  }

  private async writeTable(table: string, rows: readonly Record<string, Cell>[]): Promise<void> {
    const columns = await this.columnsOf(table);
    const appender = await this.connection.createAppender(table, this.catalog && 'main', this.catalog);
    try {
      for (const cells of rows) {
        let known = 0;
        for (const { name, type } of columns) {
          const cell = cells[name];
          if (cell !== undefined) known += 1;
          append(appender, type, cell ?? null);
        }
        if (known < Object.keys(cells).length)
          throw new Error(`table ${table} has not all of ${Object.keys(cells).join(', ')}`);
        appender.endRow();
      }
    } catch (error) {
      appender.clear();
      throw error;
    } finally {
      appender.closeSync();
    }
  }

  private async columnsOf(table: string): Promise<ColumnInfo[]> {
    const known = this.columns.get(table);
    if (known !== undefined) return known;
    const prepared = await this.connection.prepare(
      `SELECT * FROM ${this.catalog === undefined ? '' : 'temp.main.'}"${table}"`,
    );
    const columns = Array.from({ length: prepared.columnCount }, (_, index) => ({
      name: prepared.columnName(index),
      type: prepared.columnTypeId(index),
    }));
    prepared.destroySync();
    this.columns.set(table, columns);
    return columns;
  }
}

function append(appender: DuckDBAppender, type: DuckDBTypeId, cell: Cell): void {
  if (cell === null) return appender.appendNull();
  switch (type) {
    case DuckDBTypeId.BIGINT:
      return appender.appendBigInt(BigInt(cell));
    case DuckDBTypeId.UBIGINT:
      return appender.appendUBigInt(BigInt(cell));
    case DuckDBTypeId.INTEGER:
      return appender.appendInteger(Number(cell));
    case DuckDBTypeId.DOUBLE:
      return appender.appendDouble(Number(cell));
    case DuckDBTypeId.BOOLEAN:
      return appender.appendBoolean(Boolean(cell));
    case DuckDBTypeId.TIMESTAMP:
      return appender.appendTimestamp(new DuckDBTimestampValue(BigInt(Date.parse(String(cell))) * 1000n));
    case DuckDBTypeId.VARCHAR:
      return appender.appendVarchar(String(cell));
    default:
      throw new Error(`columns of the type ${DuckDBTypeId[type]} cannot be written`);
  }
}
