import type { SourceColumn } from '../file-format.js';

/** A column as PostgreSQL describes it. */
export interface PostgresField {
  name: string;
  dataTypeID: number;
  /** Of `numeric`: precision and scale; -1 without. */
  dataTypeModifier: number;
}

/** Types by their object id in `pg_type`, in DuckDB’s words. All others are taken as their text. */
const TYPES: Record<number, string> = {
  16: 'BOOLEAN',
  20: 'BIGINT',
  21: 'SMALLINT',
  23: 'INTEGER',
  26: 'UINTEGER',
  700: 'FLOAT',
  701: 'DOUBLE',
  1082: 'DATE',
  1083: 'TIME',
  1114: 'TIMESTAMP',
  1184: 'TIMESTAMP WITH TIME ZONE',
  2950: 'UUID',
};
const NUMERIC = 1700;
const WIDEST_DECIMAL = 38;

/** A column in DuckDB’s words. A `numeric` without precision, or with more than DuckDB has, is a DOUBLE, unless the step declares a type for it. */
export function columnOf({ name, dataTypeID, dataTypeModifier }: PostgresField): SourceColumn {
  if (dataTypeID !== NUMERIC) return { name, type: TYPES[dataTypeID] ?? 'VARCHAR' };
  const [precision, scale] = [((dataTypeModifier - 4) >> 16) & 0xffff, (dataTypeModifier - 4) & 0x7ff];
  const fits = dataTypeModifier >= 4 && precision <= WIDEST_DECIMAL && scale <= precision;
  return fits ? { name, type: `DECIMAL(${precision},${scale})` } : { name, type: 'DOUBLE', approximate: true };
}
