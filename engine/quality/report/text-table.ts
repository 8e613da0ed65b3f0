import { stackedRows } from './stacked-rows.js';
import { shortened, visible } from './words.js';

/** A column of a table on a terminal. */
export interface TextColumn {
  head: string;
  /** Whether its cells stand at the right. */
  number?: boolean;
  /** Whether its cells tell which row it is. */
  names?: boolean;
  /** Wraps a cell that was filled up already, as with colours; it must not change its width. */
  paint?: (cell: string, row: number) => string;
}

const GAP = '  ';

/** Narrowest that a column of text is made, and one of names, which tell nothing when they are cut off further. */
const LEAST = 8;
const LEAST_NAME = 16;

/**
 * Columns of text of at most `width` characters in all; the widest give way first. Where that would leave too little of them, its
 * rows stand one under the other (`stackedRows`). Cells are made `visible`.
 */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map(visible));
  const widths = fit(
    columns.map(({ head }, i) => Math.max(head.length, ...cells.map((row) => length(row[i] ?? '')))),
    columns.map(({ number, names }) => (number ? Infinity : names ? LEAST_NAME : LEAST)),
    width - GAP.length * (columns.length - 1),
  );
  if (widths === null) return stackedRows(columns, cells, width);
  const line = (row: readonly string[], paint: (cell: string, column: number) => string) =>
    columns
      .map(({ number }, i) => paint(fill(shortened(row[i] ?? '', widths[i]!), widths[i]!, number), i))
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map(({ head }) => head),
      (cell) => cell,
    ),
    ...cells.map((row, r) => line(row, (cell, i) => columns[i]!.paint?.(cell, r) ?? cell)),
  ].join('\n');
}

/** Takes from the widest columns until all fit; null if they cannot. Numbers are never cut off: a shortened number is another one. */
function fit(wanted: readonly number[], least: readonly number[], width: number): number[] | null {
  const widths = [...wanted];
  let excess = widths.reduce((sum, one) => sum + one, 0) - width;
  while (excess > 0) {
    const cuttable = widths.map((one, i) => (one <= least[i]! ? 0 : one));
    const widest = cuttable.indexOf(Math.max(...cuttable));
    if (cuttable[widest] === 0) return null;
    widths[widest]! -= 1;
    excess -= 1;
  }
  return widths;
}

function fill(cell: string, width: number, atRight = false): string {
  const space = ' '.repeat(Math.max(0, width - length(cell)));
  return atRight ? space + cell : cell + space;
}

const length = (cell: string) => [...cell].length;
