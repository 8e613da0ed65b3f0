import { StatementType } from '@duckdb/node-api';
import { MillraceError } from '../../schemas/index.js';
import { refuseForbidden } from '../forbidden-sql.js';
import { notOneStatement } from '../one-statement.js';
import type { DuckDbSession } from './duckdb-session.js';

/** A query that was planned and found to be one SELECT. */
export interface SelectStatement {
  /** The query, in an order that leaves nothing to chance. */
  query: string;
  /** Names of the parameters that it uses. */
  parameters: string[];
}

/**
 * Plans a query and gives its rows an order: a relation has none, threads would order it by chance, and the same rows
 * in another order would be another version. Rows are sorted by all columns, or, where the query has an ORDER BY of its
 * own, by that and then by all columns. Behind a LIMIT the query’s own order stands as it is: let it have no ties.
 * @throws MillraceError SQL_INVALID unless it is exactly one SELECT that can be planned, and no two columns share a name
 */
export async function selectStatement(session: DuckDbSession, sql: string): Promise<SelectStatement> {
  const { statementType, columns, parameters } = await plan(session, sql);
  if (statementType !== StatementType.SELECT) {
    throw invalid(`the query must be a SELECT and is ${StatementType[statementType]}`);
  }
  await refuseForbidden(
    async (statement, values) => Object.values((await session.rows(statement, values))[0] ?? {})[0],
    sql,
  );
  const seen = new Set<string>();
  for (const column of columns) {
    if (seen.has(column.toLowerCase())) throw invalid(`two columns are named ${column}`);
    seen.add(column.toLowerCase());
  }
  const bare = await withoutSemicolon(session, sql, columns.length);
  return { query: await ordered(session, bare, columns.length), parameters };
}

/** The query without the semicolon that may end it, so that it can stand inside another statement. */
async function withoutSemicolon(session: DuckDbSession, sql: string, columns: number): Promise<string> {
  const bare = sql.replace(/\s*;(\s|;|--[^\n]*(\n|$))*$/, '');
  // What looks like the end may be inside a text, as in SELECT '; --'. Then the rest is no query.
  return (await plansAs(session, bare, columns)) ? bare : sql;
}

function plansAs(session: DuckDbSession, sql: string, columns: number): Promise<boolean> {
  return plan(session, sql).then(
    (planned) => planned.columns.length === columns,
    () => false,
  );
}

async function plan(session: DuckDbSession, sql: string) {
  if (sql.replaceAll(/--[^\n]*|[\s;]/g, '') === '') throw invalid('the query is empty');
  return session.supervised(async (connection) => {
    const statements = await connection.extractStatements(sql);
    const problem = await notOneStatement(statements);
    if (problem !== undefined) throw invalid(`the query ${problem}`);
    const prepared = await statements.prepare(0);
    try {
      return {
        statementType: prepared.statementType,
        columns: Array.from({ length: prepared.columnCount }, (_, index) => prepared.columnName(index)),
        parameters: Array.from({ length: prepared.parameterCount }, (_, index) => prepared.parameterName(index + 1)),
      };
    } finally {
      prepared.destroySync();
    }
  });
}

async function ordered(session: DuckDbSession, sql: string, columns: number): Promise<string> {
  const modifiers = await modifiersOf(session, sql);
  if (!modifiers.includes('ORDER_MODIFIER')) return `SELECT * FROM (\n${sql}\n) ORDER BY ALL`;
  if (modifiers.includes('LIMIT_MODIFIER') || modifiers.includes('LIMIT_PERCENT_MODIFIER')) return sql;
  // The ORDER BY is the last clause, so its list can be made longer; not that of ORDER BY ALL, which needs no more.
  const longer = `${sql}\n, ${Array.from({ length: columns }, (_, index) => index + 1).join(', ')}`;
  return (await plansAs(session, longer, columns)) ? longer : sql;
}

/** The clauses after the query’s body: ORDER_MODIFIER, LIMIT_MODIFIER and so on. */
async function modifiersOf(session: DuckDbSession, sql: string): Promise<string[]> {
  const [row] = await session.rows('SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR AS tree', { sql });
  const tree = JSON.parse(String(row?.['tree'])) as {
    statements?: { node?: { modifiers?: { type: string }[] } }[];
  };
  return tree.statements?.[0]?.node?.modifiers?.map(({ type }) => type) ?? [];
}

const invalid = (message: string) => new MillraceError('SQL_INVALID', message);
