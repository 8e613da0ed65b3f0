/** Width of a table where its reader has no terminal: a log keeps its lines. */
const UNBOUNDED = 200;

/** Width of a terminal that does not tell its own, as in some containers. */
const USUAL = 80;

/** Columns of a terminal. */
export function columnsOf({ columns }: NodeJS.WriteStream): number {
  return columns > 0 ? columns : USUAL;
}

/** What standard output can show. */
export function terminalOptions(stream: NodeJS.WriteStream = process.stdout): { width: number; color: boolean } {
  const { NO_COLOR: noColor = '', TERM: term } = process.env;
  return {
    width: stream.isTTY ? Math.max(40, columnsOf(stream)) : UNBOUNDED,
    color: stream.isTTY && noColor === '' && term !== 'dumb',
  };
}
