/** A part of an expression; `at` is its position in the text. */
export interface Token {
  kind: 'number' | 'text' | 'name' | 'quoted' | 'sign' | 'end';
  text: string;
  at: number;
}

/** An expression that cannot be understood. */
export class ExpressionError extends Error {}

/** Longer expressions are refused. */
const MAX_LENGTH = 20_000;

const PATTERN =
  /\s+|--[^\n]*|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[\p{L}_][\p{L}\p{N}_]*)|'(?<text>(?:[^']|'')*)'|"(?<quoted>(?:[^"]|"")*)"|`(?<ticked>[^`]*)`|(?<sign><=|>=|<>|!=|==|&&|!~|[-+*/%(),<>=!~])/uy;

/**
 * Splits an expression. `'…'` is a text and `"…"` (or `` `…` ``) a column, as in SQL; a quote within is doubled. What
 * follows `--` in a line is a comment.
 * @throws ExpressionError
 */
export function tokensOf(expression: string): Token[] {
  if (expression.length > MAX_LENGTH) throw new ExpressionError(`is longer than ${MAX_LENGTH} characters`);
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < expression.length) {
    const at = PATTERN.lastIndex;
    const groups = PATTERN.exec(expression)?.groups;
    if (!groups) throw new ExpressionError(unreadable(expression, at));
    const { number, name, text, quoted = groups.ticked, sign } = groups;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (text !== undefined) tokens.push({ kind: 'text', text: text.replaceAll("''", "'"), at });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"'), at });
    else if (sign === '&&') tokens.push({ kind: 'name', text: 'and', at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
  }
  return [...tokens, { kind: 'end', text: '', at: expression.length }];
}

function unreadable(expression: string, at: number): string {
  const rest = expression.slice(at, at + 20);
  const remedies: [sign: string, remedy: string][] = [
    ['||', 'write "or"'],
    ['[', 'a list is written in round brackets'],
    ['::', 'types are not converted'],
    ["'", 'the text does not end; a quote within a text is doubled'],
    ['"', 'the name does not end'],
  ];
  const remedy = remedies.find(([sign]) => rest.startsWith(sign))?.[1];
  return `cannot be read from character ${at + 1}: ${rest}${remedy === undefined ? '' : ` (${remedy})`}`;
}
