import { MillraceError } from '../schemas/index.js';

/** Table functions that do something instead of reading: settings by another name, which a locked configuration does not stop. */
const EFFECTS =
  /^(enable_|disable_|verify_|truncate_|checkpoint$|force_checkpoint$|add_parquet_key$|copy_database$|import_database$)/;
/** Functions that read what the process is set to and what it has open: paths of the worker’s, which would be in the data. */
const OF_PROCESS =
  /^(duckdb_|pragma_|pg_get_|current_setting$|current_query$|get_block_size$|sql_auto_complete$|which_secret$)/;
/** Functions that read what is named in a text: a query, or tables. */
const OF_TEXT = new Set(['query', 'query_table', 'json_execute_serialized_sql']);
/** The same where DuckDB gives no tree of a statement, such as a PIVOT: then these words are not to stand anywhere in it. */
const WORDS =
  /\b(((enable|disable|verify|truncate|duckdb|pragma|pg|sqlite)_\w+|(force_)?checkpoint|(copy|import)_database|json_execute_serialized_sql|information_schema|current_(setting|query)|get_block_size|sql_auto_complete|which_secret)\b|query(_table)?"?\s*\()/i;

/** Runs a statement of this module’s own with a text bound as `$sql`, and gives the one value of its one row. */
export type AskDuckDb = (statement: string, values: { sql: string }) => Promise<unknown>;

/**
 * Refuses a statement that calls a table function with effects, which would be the session’s or the process’s: DuckDB ends the process when
 * `enable_logging` is to write to a file that it may not write. Refuses as well what reads settings, or the catalogs of the database.
 * @throws MillraceError SQL_INVALID
 */
export async function refuseForbidden(ask: AskDuckDb, sql: string): Promise<void> {
  const tree = JSON.parse(String(await ask('SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR', { sql }))) as {
    error?: boolean;
  };
  if (tree.error === true) {
    const [word] = WORDS.exec(sql) ?? [];
    if (word !== undefined) throw invalid(`${word} is no part of a query`);
    return;
  }
  for (const node of nodes(tree)) {
    if (node.type === 'BASE_TABLE') await refuseCatalog(ask, node as Table);
    if (node.class === 'FUNCTION') await refuseCall(ask, node as Call);
  }
}

async function refuseCall(ask: AskDuckDb, call: Call): Promise<void> {
  const name = call.function_name.toLowerCase();
  if (EFFECTS.test(name) || OF_PROCESS.test(name)) throw invalid(`the function ${name} is no part of a query`);
  if (!OF_TEXT.has(name)) return;
  const [argument] = call.children;
  const isList = name === 'query_table' && (argument as Partial<Call>)?.function_name === 'list_value';
  const texts = isList ? (argument as Call).children : [argument];
  for (const given of texts) {
    const text = given?.value?.value;
    if (name.startsWith('json') || given?.class !== 'CONSTANT' || typeof text !== 'string') {
      throw invalid(`the function ${name} may run nothing but a text that stands there as it is`);
    }
    await refuseForbidden(ask, name === 'query' ? text : `FROM ${text}`);
  }
}

/** A view of DuckDB’s own, unless an input has taken its name. */
async function refuseCatalog(ask: AskDuckDb, table: Table): Promise<void> {
  const { catalog_name: catalog, schema_name: schema, table_name: name } = table;
  const isQualified = catalog.toLowerCase() === 'system' || /^(information_schema|pg_catalog)$/i.test(schema);
  if (isQualified || (await ask(IS_CATALOG, { sql: name })) === true) {
    throw invalid(`the catalog ${name} is no part of a query`);
  }
}

/** The views of information_schema are found by its name alone, so `columns` may be a name of the query’s. */
const IS_CATALOG = `
  SELECT coalesce(bool_and(internal), false) FROM duckdb_views()
  WHERE view_name = lower($sql::VARCHAR) AND schema_name <> 'information_schema'`;

interface Node {
  type?: unknown;
  class?: string;
}

interface Table extends Node {
  catalog_name: string;
  schema_name: string;
  table_name: string;
}

interface Call extends Node {
  function_name: string;
  children: (Node & { value?: { value?: unknown } })[];
}

/** Without recursion: an expression may be as deep as DuckDB takes it. */
function* nodes(tree: unknown): Generator<Node> {
  const waiting = [tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    yield node;
    for (const member of Object.values(node) as unknown[]) if (typeof member === 'object') waiting.push(member ?? 0);
  }
}

const invalid = (message: string) => new MillraceError('SQL_INVALID', message);
