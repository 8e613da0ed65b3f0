import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { identifier, literal, type DuckDbSession } from './duckdb-session.js';
import { sourceReader } from './source-reader.js';
import type { LocalSource } from './sources/local-source.js';

/** DOUBLE as the type of a part, where it is not in quotes and not the name of a field. */
const PARTS = /"(?:[^"]|"")*"|'(?:[^']|'')*'|\bDOUBLE\b(?! )/g;

/** Asks of numbers, as the text that the source has for them, whether any fulfils a condition on it. */
export type AnyText = (condition: (text: string) => string) => Promise<boolean>;

export const hasNestedDouble = (type: string) => type !== 'DOUBLE' && replaceParts(type, () => 'VARCHAR') !== type;

/**
 * The type of a column of JSON in which each DOUBLE within it is what `typeOf` says of its texts.
 * @param type as DuckDB guesses it, of lists, objects and maps
 */
export async function typeOfParts(
  session: DuckDbSession,
  source: LocalSource,
  { name, type }: { name: string; type: string },
  typeOf: (any: AnyText) => Promise<string>,
): Promise<string> {
  const reader = sourceReader(source, [{ name, type: replaceParts(type, () => 'VARCHAR') }]);
  const query = (condition: string) => `SELECT 1 FROM ${reader.call} WHERE ${condition} LIMIT 1`;
  const types: string[] = [];
  for (const texts of doublesIn(await parse(session, type), identifier(name))) {
    const any: AnyText = async (condition) => {
      const found = query(`len(list_filter(${texts}, lambda t: ${condition('t')})) > 0`);
      return (await session.rows(found, reader.values, reader.types)).length > 0;
    };
    types.push(await typeOf(any));
  }
  return replaceParts(type, () => types.shift() ?? 'DOUBLE');
}

const replaceParts = (type: string, instead: () => string) =>
  type.replaceAll(PARTS, (found) => (/^["']/.test(found) ? found : instead()));

function parse(session: DuckDbSession, type: string): Promise<DuckDBType> {
  return session.supervised(async (connection) => (await connection.run(`SELECT NULL::${type}`)).columnType(0));
}

/** An expression for each DOUBLE within a type, in the order in which the type names them: the list of all its values in a row. */
function doublesIn(type: DuckDBType, value: string, depth = 0): string[] {
  const item = `item_${depth}`;
  const ofEach = (list: string, of: DuckDBType) =>
    doublesIn(of, item, depth + 1).map((texts) => `flatten(list_transform(${list}, lambda ${item}: ${texts}))`);
  switch (type.typeId) {
    case DuckDBTypeId.DOUBLE:
      return [`[${value}]`];
    case DuckDBTypeId.STRUCT:
      return type.entryNames.flatMap((name, index) => {
        const entry = type.entryTypes[index];
        return entry === undefined ? [] : doublesIn(entry, `struct_extract(${value}, ${literal(name)})`, depth + 1);
      });
    case DuckDBTypeId.LIST:
      return ofEach(value, type.valueType);
    case DuckDBTypeId.MAP:
      return ofEach(`map_values(${value})`, type.valueType);
    default:
      return [];
  }
}
