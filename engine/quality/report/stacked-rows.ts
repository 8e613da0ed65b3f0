import type { TextColumn } from './text-table.js';

/** Lines of later cells are this far in. */
const INDENT = '  ';

/**
 * Rows one under the other, for where a table is too wide: two cells on a line that tell which row it is, then each other cell
 * that has a text on a line with its head. Nothing is cut off: what is longer than `width` goes on in the next line.
 * @param cells made `visible`
 */
export function stackedRows(
  columns: readonly TextColumn[],
  cells: readonly (readonly string[])[],
  width: number,
): string {
  const heads = columns.slice(2).map(({ head }) => head.length);
  const room = Math.max(...heads, 0) + INDENT.length;
  return cells
    .flatMap((row, r) => {
      const [state = '', name = ''] = row;
      const title = wrapped(name, width - [...state].length - INDENT.length);
      const first = columns[0]?.paint?.(state, r) ?? state;
      const hang = ' '.repeat([...state].length + INDENT.length);
      const lines = title.map((text, i) => (i === 0 ? `${first}${INDENT}${text}`.trimEnd() : hang + text));
      const rest = columns.slice(2).flatMap(({ head }, i) => {
        const texts = wrapped(row[i + 2] ?? '', width - INDENT.length - room);
        return row[i + 2] ? texts.map((text, t) => INDENT + (t === 0 ? head : '').padEnd(room) + text) : [];
      });
      return [...lines, ...rest];
    })
    .join('\n');
}

/** A text in lines of at most `width` characters, broken at spaces where there are some. */
function wrapped(text: string, width: number): string[] {
  const room = Math.max(8, width);
  const lines: string[] = [];
  let rest = [...text];
  while (rest.length > room) {
    const space = rest.lastIndexOf(' ', room);
    const end = space > room / 2 ? space : room;
    lines.push(rest.slice(0, end).join(''));
    rest = rest.slice(rest[end] === ' ' ? end + 1 : end);
  }
  return [...lines, rest.join('')];
}
