import {
  BIGINT,
  BOOLEAN,
  DOUBLE,
  DuckDBTimestampValue,
  LIST,
  listValue,
  SQLNULL,
  TIMESTAMP,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { MillraceError, type PartitionWindow, type TransformStep } from '../../schemas/index.js';
import type { Types, Values } from './duckdb-session.js';

/** Names that the window takes. */
const OF_THE_WINDOW = ['partition_key', 'partition_start', 'partition_end'] as const;

/**
 * Values for the parameters that a query uses, and only for those. Instants are bound as TIMESTAMP in UTC, whole
 * numbers as BIGINT, other numbers as DOUBLE, arrays of one kind as lists, all else as its JSON text.
 * @throws MillraceError SQL_INVALID naming a parameter that has no value
 */
export function transformParameters(
  used: readonly string[],
  window: PartitionWindow,
  params: TransformStep['params'],
): { values: Values; types: Types } {
  const taken = Object.keys(params).find((name) => OF_THE_WINDOW.some((own) => own === name.toLowerCase()));
  if (taken !== undefined) throw invalid(`$${taken} is the partition’s and cannot be a parameter of the step`);
  const known = new Map<string, Bound | undefined>([
    ['partition_key', { type: VARCHAR, value: window.key }],
    ['partition_start', window.start === undefined ? undefined : timestamp(window.start)],
    ['partition_end', window.end === undefined ? undefined : timestamp(window.end)],
    // DuckDB does not tell $A from $a.
    ...Object.entries(params).map(([name, value]) => [name.toLowerCase(), bound(value)] as const),
  ]);
  const values: Values = {};
  const types: Types = {};
  for (const name of used) {
    const found = known.get(name.toLowerCase());
    if (found === undefined) {
      throw invalid(
        known.has(name.toLowerCase())
          ? `$${name} has no value: the partition ${window.key} has no window`
          : `$${name} is not a parameter; there is ${[...known.keys()].map((key) => `$${key}`).join(', ')}`,
      );
    }
    values[name] = found.value;
    types[name] = found.type;
  }
  return { values, types };
}

interface Bound {
  type: DuckDBType;
  value: DuckDBValue;
}

function bound(value: unknown): Bound {
  const type = typeOf(value);
  if (type === undefined) return { type: VARCHAR, value: JSON.stringify(value) };
  return { type, value: convert(value, type) };
}

/** The type that a value is bound as; undefined if it has none but its JSON text. */
function typeOf(value: unknown): DuckDBType | undefined {
  if (value === null) return SQLNULL;
  if (typeof value === 'string') return VARCHAR;
  if (typeof value === 'boolean') return BOOLEAN;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BIGINT : DOUBLE;
  if (!Array.isArray(value)) return undefined;
  const kinds = new Set(value.filter((item) => item !== null).map(typeOf));
  if (kinds.size === 2 && kinds.has(BIGINT) && kinds.has(DOUBLE)) kinds.delete(BIGINT);
  const [kind] = kinds;
  return kinds.size === 1 && kind !== undefined ? LIST(kind) : undefined;
}

function convert(value: unknown, type: DuckDBType): DuckDBValue {
  if (Array.isArray(value) && 'valueType' in type) {
    return listValue(value.map((item) => convert(item, type.valueType)));
  }
  return type === BIGINT && value !== null ? BigInt(value as number) : (value as DuckDBValue);
}

const timestamp = (instant: string): Bound => ({
  type: TIMESTAMP,
  value: new DuckDBTimestampValue(BigInt(Date.parse(instant)) * 1000n),
});
const invalid = (message: string) => new MillraceError('SQL_INVALID', message);
