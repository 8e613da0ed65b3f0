import { csvFirstLine } from '../../csv-first-line.js';

const DELIMITERS = [',', ';', '\t', '|'];

/** The first line of a CSV. */
export interface CsvHeader {
  /** Columns by the delimiter that gives the most. */
  columns: number;
  /** The names that the line gives to so many columns, by any of the delimiters; undefined where none gives so many. */
  names(columns: number): string[] | undefined;
}

/** Reads the first line of a CSV, as RFC 4180 has it: quoted names may hold delimiters and line ends. */
export async function csvHeader(path: string): Promise<CsvHeader> {
  const line = await csvFirstLine(path);
  const splits = DELIMITERS.map((delimiter) => split(line, delimiter));
  return {
    columns: Math.max(...splits.map(({ length }) => length)),
    names: (columns) => splits.find(({ length }) => length === columns),
  };
}

function split(line: string, delimiter: string): string[] {
  const names = [''];
  for (const [part] of line.matchAll(/"(?:[^"]|"")*"|[^]/g)) {
    if (part === delimiter) names.push('');
    else names[names.length - 1] += part.length > 1 ? part.slice(1, -1).replaceAll('""', '"') : part;
  }
  return names.map((name) => name.trim());
}

/**
 * Names of columns as the file has them, where DuckDB had to change one because another has it already, in the same case or not.
 * Columns without a name have the one that DuckDB gives them.
 * @param given names in the header, in order
 * @param read names as DuckDB gave them
 */
export function ownNames(given: readonly string[], read: readonly string[]): string[] {
  const before = new Set<string>();
  return read.map((name, i) => {
    const own = given[i]!;
    const isTaken = own !== '' && before.has(own.toLowerCase());
    before.add(own.toLowerCase());
    return isTaken ? own : name;
  });
}
