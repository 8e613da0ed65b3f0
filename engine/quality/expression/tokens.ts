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
  /\s+|(?<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[A-Za-z_][A-Za-z0-9_]*)|'(?<text>(?:[^']|'')*)'|"(?<quoted>(?:[^"]|"")*)"|(?<sign><=|>=|<>|!=|==|[-+*/%(),<>=])/y;

/**
 * Splits an expression. `'…'` is a text and `"…"` a column, as in SQL; a quote within is doubled.
 * @throws ExpressionError
 */
export function tokensOf(expression: string): Token[] {
  if (expression.length > MAX_LENGTH) throw new ExpressionError(`is longer than ${MAX_LENGTH} characters`);
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < expression.length) {
    const at = PATTERN.lastIndex;
    const groups = PATTERN.exec(expression)?.groups;
    if (!groups) throw new ExpressionError(`cannot be read from character ${at + 1}: ${expression.slice(at, at + 20)}`);
    const { number, name, text, quoted, sign } = groups;
    if (number !== undefined) tokens.push({ kind: 'number', text: number, at });
    else if (name !== undefined) tokens.push({ kind: 'name', text: name, at });
    else if (text !== undefined) tokens.push({ kind: 'text', text: text.replaceAll("''", "'"), at });
    else if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted.replaceAll('""', '"'), at });
    else if (sign !== undefined) tokens.push({ kind: 'sign', text: sign, at });
  }
  return [...tokens, { kind: 'end', text: '', at: expression.length }];
}
