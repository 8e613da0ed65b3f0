import { DuckDBTimestampValue, listValue, type DuckDBValue } from '@duckdb/node-api';
import { MillraceError, type PartitionWindow, type TransformStep } from '../../schemas/index.js';
import type { Values } from './duckdb-session.js';

/** Names that the window takes. */
const OF_THE_WINDOW = ['partition_key', 'partition_start', 'partition_end'] as const;

/**
 * Values for the parameters that a query uses, and only for those. Instants are bound as TIMESTAMP in UTC, whole
 * numbers as BIGINT, other numbers as DOUBLE, arrays as lists, objects as their JSON text.
 * @throws MillraceError SQL_INVALID naming a parameter that has no value
 */
export function transformParameters(
  used: readonly string[],
  window: PartitionWindow,
  params: TransformStep['params'],
): Values {
  const taken = Object.keys(params).find((name) => OF_THE_WINDOW.some((own) => own === name.toLowerCase()));
  if (taken !== undefined) throw invalid(`$${taken} is the partition’s and cannot be a parameter of the step`);
  const known = new Map<string, DuckDBValue | undefined>([
    ['partition_key', window.key],
    ['partition_start', window.start === undefined ? undefined : timestamp(window.start)],
    ['partition_end', window.end === undefined ? undefined : timestamp(window.end)],
    // DuckDB does not tell $A from $a.
    ...Object.entries(params).map(([name, value]) => [name.toLowerCase(), boundValue(value)] as const),
  ]);
  const values: Values = {};
  for (const name of used) {
    const value = known.get(name.toLowerCase());
    if (value === undefined) {
      throw invalid(
        known.has(name.toLowerCase())
          ? `$${name} has no value: the partition ${window.key} has no window`
          : `$${name} is not a parameter; there is ${[...known.keys()].map((key) => `$${key}`).join(', ')}`,
      );
    }
    values[name] = value;
  }
  return values;
}

function boundValue(value: unknown): DuckDBValue {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    default:
      if (value === null) return null;
      if (Array.isArray(value)) return listValue(value.map(boundValue));
      return JSON.stringify(value);
  }
}

const timestamp = (instant: string) => new DuckDBTimestampValue(BigInt(Date.parse(instant)) * 1000n);
const invalid = (message: string) => new MillraceError('SQL_INVALID', message);
