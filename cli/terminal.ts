/** Width of a table where its reader has no terminal: a log keeps its lines. */
const UNBOUNDED = 200;

/** What standard output can show. */
export function terminalOptions(stream: NodeJS.WriteStream = process.stdout): { width: number; color: boolean } {
  const { NO_COLOR: noColor = '', TERM: term } = process.env;
  return {
    width: stream.isTTY ? Math.max(40, stream.columns) : UNBOUNDED,
    color: stream.isTTY && noColor === '' && term !== 'dumb',
  };
}
