import { MillraceError, type IngestStep, type Problem } from '../../schemas/index.js';
import { CSV_AS_RFC_4180 } from '../csv-dialect.js';
import { literal, type DuckDbSession } from './duckdb-session.js';
import type { SourceColumn } from './file-format.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

/** What DuckDB puts behind a name that another column has, in the same case or not. */
const NUMBERED = /^(.*?)(_\d+)+$/s;

/**
 * Holds names as DuckDB gives them against those of the source. Where two differ at most in case, DuckDB numbers the second; of
 * JSON it then finds no value by that name, and all of them would be null.
 * @returns the columns; those of JSON by their own names, as it is read by names
 * @throws MillraceError SOURCE_SCHEMA_MISMATCH for a name that the step takes and several columns have
 */
export async function refuseRepeatedNames(
  session: DuckDbSession,
  { columns: declared, timeColumn }: IngestStep,
  source: LocalSource,
  present: readonly SourceColumn[],
): Promise<SourceColumn[]> {
  const isSuspicious = present.some(({ name }) => {
    const base = NUMBERED.exec(name)?.[1]?.toLowerCase();
    return base !== undefined && present.some((other) => other.name.toLowerCase() === base);
  });
  if (!isSuspicious) return [...present];
  const own = await OWN_NAMES[source.format.kind](session, source, present.length);
  const isByName = source.format.kind === 'json' && declared !== undefined;
  const wanted = new Set([
    ...(declared?.map(({ name }) => name) ?? own),
    ...(timeColumn === undefined ? [] : [timeColumn]),
  ]);
  const alike = new Map<string, string[]>();
  for (const name of isByName ? [] : own)
    alike.set(name.toLowerCase(), [...(alike.get(name.toLowerCase()) ?? []), name]);
  const problems = [...alike.values()].flatMap((names): Problem[] => {
    if (names.length === 1 || names[0] === '' || !names.some((name) => wanted.has(name))) return [];
    return [{ path: 'source', message: `several columns have the name ${[...new Set(names)].join(', ')}` }];
  });
  if (problems.length > 0) {
    const told = problems.map(({ message }) => message).join('; ');
    const message = `${source.name}: ${told}. Names are the same whatever their case; declare \`columns\` of the step to take others alone`;
    throw new MillraceError('SOURCE_SCHEMA_MISMATCH', message, { problems });
  }
  return source.format.kind === 'json'
    ? present.map((column) => ({ ...column, name: keyOf(column.name, own) }))
    : [...present];
}

/** The key of JSON that DuckDB numbered. */
function keyOf(name: string, keys: readonly string[]): string {
  if (keys.includes(name)) return name;
  return keys.find((key) => name.startsWith(key) && /^(_\d+)+$/.test(name.slice(key.length))) ?? name;
}

type OwnNames = (session: DuckDbSession, source: LocalSource, columns: number) => Promise<string[]>;

const namesInHeader: OwnNames = async (session, source, columns) => {
  if (source.format.kind !== 'csv') return [];
  const { values, types } = sourceReader(source, []);
  const texts = Array.from({ length: columns }, (_, index) => `c${index}: 'VARCHAR'`);
  const options = [
    ...CSV_AS_RFC_4180.filter((option) => !option.startsWith('header')),
    ...['auto_detect = false', 'header = false', `delim = ${literal(source.format.delimiter)}`],
    `columns = {${texts.join(', ')}}`,
  ];
  const [row] = await session.rows(`SELECT * FROM read_csv($files, ${options.join(', ')}) LIMIT 1`, values, types);
  return Object.values(row ?? {}).map((name) => (typeof name === 'string' ? name.trim() : ''));
};

const namesInFooter: OwnNames = async (session, source) => {
  const { values, types } = sourceReader(source);
  const [root, ...nodes] = await session.rows(
    'SELECT name, num_children FROM parquet_schema($files[1:1]) ORDER BY column_id',
    values,
    types,
  );
  const names: string[] = [];
  // Depth first: what is within a column follows it.
  const pass = (): void => {
    const node = nodes.shift();
    for (let child = 0; child < Number(node?.['num_children'] ?? 0); child += 1) pass();
  };
  while (nodes.length > 0 && names.length < Number(root?.['num_children'])) {
    names.push(String(nodes[0]?.['name']));
    pass();
  }
  return names;
};

const keysOfJson: OwnNames = async (session, source) => {
  const { values, types } = sourceReader(source);
  const objects = 'read_json_objects($files, hive_partitioning = false)';
  const rows = await session.rows(
    `SELECT DISTINCT unnest(json_keys(json)) AS name FROM ${objects} ORDER BY name`,
    values,
    types,
  );
  return rows.map(({ name }) => String(name));
};

const OWN_NAMES: Record<LocalSource['format']['kind'], OwnNames> = {
  csv: namesInHeader,
  parquet: namesInFooter,
  json: keysOfJson,
  /** Columns are stated by the server, which lets no name stand twice. */
  copy: () => Promise.resolve([]),
};
