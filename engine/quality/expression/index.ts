import { parseExpression } from './parse.js';
import { columnsOf } from './tree.js';

export { compileCondition, type Condition } from './compile.js';
export { parseExpression } from './parse.js';
export { ExpressionError } from './tokens.js';
export { columnsOf, type Expression } from './tree.js';

/** Columns of the expression in a text. */
export function columnsOfText(text: string): string[] {
  return columnsOf(parseExpression(text));
}
