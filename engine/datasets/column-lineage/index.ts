import type { ColumnLineage, DatasetVersionRef } from '../../../schemas/index.js';
import { identifier, StatementError, type DuckDbSession } from '../duckdb-session.js';
import { queryColumns } from './query.js';
import { distinctSources, sameName, Untold, type Column, type Tree } from './relation.js';

/** Greatest number of sources that are put on record for one version; more say little and weigh much. */
const MOST_SOURCES = 5000;

/**
 * Which columns of its inputs a query makes each column of its result from, by DuckDB’s own syntax tree. Never fails for what
 * the tree does not tell: the report says so, for one column or for all.
 * @param inputs what the session’s views stand for
 * @param result names of the result’s columns
 */
export async function columnLineageOf(
  session: DuckDbSession,
  sql: string,
  inputs: Record<string, DatasetVersionRef[]>,
  result: readonly string[],
): Promise<ColumnLineage> {
  try {
    const tree = await syntaxTree(session, sql);
    const tables = new Map<string, Column[]>();
    for (const [view, [version]] of Object.entries(inputs)) {
      if (version === undefined) continue;
      const columns = await session.rows(`SELECT column_name AS name FROM (DESCRIBE ${identifier(view)})`);
      const named = columns.map(({ name }) => String(name));
      tables.set(
        view.toLowerCase(),
        named.map((name) => ({ name, sources: [{ dataset: version.dataset, column: name, how: 'identity' }] })),
      );
    }
    const aggregates = await session.rows(
      "SELECT DISTINCT function_name AS name FROM duckdb_functions() WHERE function_type = 'aggregate'",
    );
    return lineageOf(tree, tables, new Set(aggregates.map(({ name }) => String(name))), result);
  } catch (error) {
    if (error instanceof Untold || error instanceof StatementError) return untold(error.message);
    throw error;
  }
}

/**
 * The same of a tree that was read: pure.
 * @param tables columns of the inputs, by the view’s name in lower case
 * @param aggregates names of aggregate functions
 */
export function lineageOf(
  tree: Tree,
  tables: ReadonlyMap<string, readonly Column[]>,
  aggregates: ReadonlySet<string>,
  result: readonly string[],
): ColumnLineage {
  const { columns, rows } = queryColumns(tree, tables, aggregates);
  // A name that differs would mean that this has counted otherwise than DuckDB.
  const fits = columns.every(({ name }, index) => name === '' || sameName(name, result[index] ?? ''));
  if (columns.length !== result.length || !fits)
    throw new Untold('the columns could not be matched with those of the result');
  if (columns.reduce((sum, { sources }) => sum + sources.length, rows.length) > MOST_SOURCES) {
    throw new Untold(`there are more than ${MOST_SOURCES} sources`);
  }
  return {
    columns: Object.fromEntries(result.map((name, index) => [name, distinctSources(columns[index]?.sources ?? [])])),
    rows,
    untold: columns.flatMap(({ untold: reason }, index) =>
      reason === undefined ? [] : [{ column: result[index] ?? null, reason }],
    ),
  };
}

async function syntaxTree(session: DuckDbSession, sql: string): Promise<Tree> {
  const [row] = await session.rows('SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR AS tree', { sql });
  const parsed = JSON.parse(String(row?.['tree'])) as { statements?: { node: Tree }[]; error_message?: string };
  const node = parsed.statements?.[0]?.node;
  if (node === undefined) throw new Untold(`DuckDB gives no syntax tree: ${parsed.error_message ?? 'none'}`);
  return node;
}

function untold(reason: string): ColumnLineage {
  return { columns: {}, rows: [], untold: [{ column: null, reason }] };
}
