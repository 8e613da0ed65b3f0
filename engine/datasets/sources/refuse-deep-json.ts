import { LIST, listValue, VARCHAR } from '@duckdb/node-api';
import { MillraceError } from '../../../schemas/index.js';
import { isTooDeep, JsonDepth, MAX_JSON_DEPTH } from '../../json-depth.js';
import type { DuckDbSession } from '../duckdb-session.js';
import { unescapeGlob } from './local-source.js';

/**
 * Refuses files of JSON whose nesting would overflow the stack of what reads them, and end the worker.
 * @param files paths, with what a glob would misread escaped
 * @throws MillraceError SOURCE_UNREADABLE
 */
export async function refuseDeepJson(
  session: DuckDbSession,
  files: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const file of files) {
    const path = unescapeGlob(file);
    const compressed = /\.(gz|zst)$/i.test(path);
    if (!(compressed ? await isTooDeepInside(session, file) : await isTooDeep(path, signal))) continue;
    const reason = `its lists and objects lie more than ${MAX_JSON_DEPTH} deep in one another`;
    throw new MillraceError('SOURCE_UNREADABLE', `${path} cannot be read as JSON: ${reason}`);
  }
}

/** As `isTooDeep`, of a compressed file: DuckDB unpacks it and yields each document as text, on which it does not recurse. */
async function isTooDeepInside(session: DuckDbSession, file: string): Promise<boolean> {
  const documents = 'SELECT json FROM read_json_objects($files, hive_partitioning = false)';
  return session.supervised(async (connection) => {
    const result = await connection.stream(documents, { files: listValue([file]) }, { files: LIST(VARCHAR) });
    for await (const rows of result.yieldRowsJs()) {
      for (const [document] of rows) if (new JsonDepth().isTooDeep(Buffer.from(document as string))) return true;
    }
    return false;
  });
}
