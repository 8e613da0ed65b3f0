import { CSV_AS_RFC_4180 } from '../csv-dialect.js';
import { literal, StatementError, type DuckDbSession } from './duckdb-session.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

/**
 * What DuckDB says of the first line of a CSV that has not as many values as the header; undefined where all have. It looks for
 * another dialect in a file that is not even, and then names none of its lines.
 */
export async function raggedLine(session: DuckDbSession, source: LocalSource): Promise<StatementError | undefined> {
  if (source.format.kind !== 'csv') return undefined;
  const { values, types } = sourceReader(source, []);
  const { delimiter } = source.format;
  const asLines = [
    ...['auto_detect = false', 'header = false', 'strict_mode = false', "columns = {'line': 'VARCHAR'}"],
    ...["delim = '\u0001'", "quote = ''", "escape = ''"],
  ];
  try {
    const [first] = await session.rows(
      `SELECT line FROM read_csv($files, ${asLines.join(', ')}) LIMIT 1`,
      values,
      types,
    );
    const line = first?.['line'];
    const bare = (typeof line === 'string' ? line : '').replaceAll(/"(?:[^"]|"")*"/g, '');
    const columns = bare.split(delimiter).map((_, index) => `'c${index}': 'VARCHAR'`);
    const options = ['auto_detect = false', ...CSV_AS_RFC_4180, `delim = ${literal(delimiter)}`];
    await session.rows(
      `SELECT count(*) FROM read_csv($files, ${options.join(', ')}, columns = {${columns.join(', ')}})`,
      values,
      types,
    );
    return undefined;
  } catch (error) {
    return error instanceof StatementError ? error : undefined;
  }
}
