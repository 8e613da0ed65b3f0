import { MillraceError } from '../schemas/index.js';

/** Table functions that do something instead of reading: settings by another name, which a locked configuration does not stop. */
const EFFECTS =
  /^(enable_|disable_|verify_|truncate_|checkpoint$|force_checkpoint$|add_parquet_key$|copy_database$|import_database$)/;
/** Those that run a query which is given as text. */
const OF_TEXT = new Set(['query', 'json_execute_serialized_sql']);
/** The same where DuckDB gives no tree of a statement: then these words are not to stand anywhere in it. */
const WORDS =
  /\b(((enable|disable|verify|truncate)_\w+|(force_)?checkpoint|(copy|import)_database|json_execute_serialized_sql)\b|query"?\s*\()/i;

/** Runs a statement of this module’s own with a text bound as `$sql`, and gives the one value of its one row. */
export type AskDuckDb = (statement: string, values: { sql: string }) => Promise<unknown>;

/**
 * Refuses a statement that calls a table function with effects, which would be the session’s or the process’s: DuckDB ends the process when
 * `enable_logging` is to write to a file that it may not write.
 * @throws MillraceError SQL_INVALID
 */
export async function refuseEffects(ask: AskDuckDb, sql: string): Promise<void> {
  const tree = JSON.parse(String(await ask('SELECT json_serialize_sql($sql::VARCHAR)::VARCHAR', { sql }))) as {
    error?: boolean;
  };
  if (tree.error === true) {
    const [word] = WORDS.exec(sql) ?? [];
    if (word !== undefined) throw invalid(`${word} is no part of a query`);
    return;
  }
  for (const call of tableFunctions(tree)) {
    const name = call.function_name.toLowerCase();
    if (EFFECTS.test(name)) throw invalid(`the function ${name} is no part of a query`);
    if (!OF_TEXT.has(name)) continue;
    const [argument] = call.children;
    const text = argument?.value?.value;
    if (name !== 'query' || argument?.class !== 'CONSTANT' || typeof text !== 'string') {
      throw invalid(`the function ${name} may run nothing but a text that stands there as it is`);
    }
    await refuseEffects(ask, text);
  }
}

interface Call {
  function_name: string;
  children: { class?: string; value?: { value?: unknown } }[];
}

/** Without recursion: an expression may be as deep as DuckDB takes it. */
function* tableFunctions(tree: unknown): Generator<Call> {
  const waiting = [tree];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const { type, function: call } = node as { type?: unknown; function?: Call };
    if (type === 'TABLE_FUNCTION' && call !== undefined) yield call;
    for (const member of Object.values(node) as unknown[]) if (typeof member === 'object') waiting.push(member ?? 0);
  }
}

const invalid = (message: string) => new MillraceError('SQL_INVALID', message);
