/**
 * A query for the fields of Parquet files that are decimals of more than 38 digits, with their types. DuckDB takes them for DOUBLE and
 * reads them wrong: 1 becomes 281474976710656.
 * @param files an expression of SQL that gives a path or a list of paths
 */
export const wideDecimalsIn = (files: string): string =>
  `SELECT DISTINCT name, 'DECIMAL(' || precision || ',' || scale || ')' AS type
   FROM parquet_schema(${files}) WHERE precision > 38 ORDER BY ALL`;

/**
 * Whether a column may hold such a field: what is nested is not told apart.
 * @param type as DuckDB describes the column
 */
export function mayHoldWideDecimal(column: { name: string; type: string }, wideField: string): boolean {
  return column.type.includes('DOUBLE') && (column.name === wideField || isNested(column.type));
}

/** Whether values of a type of DuckDB have parts. */
export const isNested = (type: string): boolean => /[([]/.test(type);
