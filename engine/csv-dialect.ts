/**
 * Options of DuckDB's `read_csv` for a file as RFC 4180 has it. Left to guess, DuckDB skips lines until the rest looks even: one
 * line too long at the end, and all rows are gone.
 */
export const CSV_AS_RFC_4180 = [
  'header = true',
  "quote = '\"'",
  "escape = '\"'",
  'skip = 0',
  "comment = ''",
  'strict_mode = true',
];
