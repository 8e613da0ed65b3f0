import { columnsOf, parseExpression } from './parse.js';

export { compileCondition, type Condition } from './compile.js';
export { columnsOf, parseExpression, type Expression } from './parse.js';
export { ExpressionError } from './tokens.js';

/** Columns of the expression in a text. */
export function columnsOfText(text: string): string[] {
  return columnsOf(parseExpression(text));
}
