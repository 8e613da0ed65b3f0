import { shortened, visible } from './words.js';

/** A column of a table on a terminal. */
export interface TextColumn {
  head: string;
  /** Whether its cells stand at the right. */
  number?: boolean;
  /** Wraps a cell that was filled up already, as with colours; it must not change its width. */
  paint?: (cell: string, row: number) => string;
}

const GAP = '  ';

/** Narrowest that a column of text is made. */
const LEAST = 8;

/** Columns of text of at most `width` characters in all; the widest give way first. Cells are made `visible`. */
export function textTable(columns: readonly TextColumn[], rows: readonly (readonly string[])[], width: number): string {
  const cells = rows.map((row) => row.map(visible));
  const widths = fit(
    columns.map(({ head }, i) => Math.max(head.length, ...cells.map((row) => length(row[i] ?? '')))),
    columns.map(({ number }) => number === true),
    width - GAP.length * (columns.length - 1),
  );
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

/** Takes from the widest columns until all fit. Numbers are never cut off: a shortened number is another one. */
function fit(wanted: readonly number[], whole: readonly boolean[], width: number): number[] {
  const widths = [...wanted];
  let excess = widths.reduce((sum, one) => sum + one, 0) - width;
  while (excess > 0) {
    const cuttable = widths.map((one, i) => (whole[i] || one <= LEAST ? 0 : one));
    const widest = cuttable.indexOf(Math.max(...cuttable));
    if (cuttable[widest] === 0) break;
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
