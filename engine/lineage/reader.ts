import { LIST, listValue, VARCHAR, type DuckDBConnection, type DuckDBType, type DuckDBValue } from '@duckdb/node-api';

/** A value to bind: arrays become lists of texts. */
export type Bound = string | number | boolean | null | readonly string[];

/** Runs one SELECT on what is committed. BIGINT comes as number, TIMESTAMP as ISO 8601 text in UTC, JSON as text. */
export type Reader = <Row>(sql: string, values?: readonly Bound[]) => Promise<Row[]>;

/** A reader on one connection; calls must not overlap. */
export function connectionReader(connection: DuckDBConnection): Reader {
  return async <Row>(sql: string, values: readonly Bound[] = []) => {
    // Types are given because an empty list says nothing of its own; undefined leaves it to the value.
    const types = values.map((value) => (Array.isArray(value) ? LIST(VARCHAR) : undefined)) as DuckDBType[];
    const result = await connection.runAndReadAll(sql, values.map(toBind), types);
    return result.getRowObjectsJS().map((row) => {
      for (const [name, value] of Object.entries(row)) {
        if (typeof value === 'bigint') row[name] = Number(value);
        else if (value instanceof Date) row[name] = value.toISOString();
      }
      return row as Row;
    });
  };
}

/**
 * Spreads selects over a few connections, one at a time on each: calls that overlap on a connection would wait for its
 * lock inside the threads of libuv, of which there are only four for everybody.
 */
export class ReadPool {
  private readonly free: DuckDBConnection[];
  private readonly waiting: ((connection: DuckDBConnection) => void)[] = [];

  constructor(connections: readonly DuckDBConnection[]) {
    this.free = [...connections];
  }

  readonly read: Reader = async (sql, values) => {
    const connection =
      this.free.pop() ?? (await new Promise<DuckDBConnection>((resolve) => this.waiting.push(resolve)));
    try {
      return await connectionReader(connection)(sql, values);
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free.push(connection);
      else next(connection);
    }
  };
}

function toBind(value: Bound): DuckDBValue {
  return Array.isArray(value) ? listValue(value as readonly string[]) : (value as Exclude<Bound, readonly string[]>);
}
