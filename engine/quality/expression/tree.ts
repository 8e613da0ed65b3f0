import type { Literal } from '../literals.js';
import type { Operator } from '../operator.js';
import type { FunctionName } from './functions.js';

/** An expression as a tree. */
export type Expression =
  | { kind: 'literal'; value: Literal | null; text: string }
  | { kind: 'column'; name: string }
  | { kind: 'not'; of: Expression }
  | { kind: 'logic'; operator: 'and' | 'or'; parts: Expression[] }
  | { kind: 'compare'; operator: Operator; left: Expression; right: Expression }
  | { kind: 'in'; of: Expression; set: Literal[] }
  | { kind: 'is'; of: Expression; what: 'null' | 'nan' | 'true' | 'false' }
  /** A text matches a regular expression, in RE2’s syntax. */
  | { kind: 'match'; of: Expression; pattern: string; caseless: boolean }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*' | '/' | '%'; left: Expression; right: Expression }
  | { kind: 'call'; name: FunctionName; args: Expression[] };

/** Names of the columns in an expression, each once. */
export function columnsOf(expression: Expression): string[] {
  const names = new Set<string>();
  const visit = (node: Expression) => {
    if (node.kind === 'column') names.add(node.name);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(expression);
  return [...names];
}

/** How many nodes lie within one another, at most. Walks without recursion: it is what guards against too deep a one. */
export function depthOf(expression: Expression): number {
  let depth = 0;
  for (let level = [expression]; level.length > 0; level = level.flatMap(childrenOf)) depth++;
  return depth;
}

function childrenOf(node: Expression): Expression[] {
  switch (node.kind) {
    case 'literal':
    case 'column':
      return [];
    case 'logic':
      return node.parts;
    case 'compare':
    case 'arithmetic':
      return [node.left, node.right];
    case 'not':
    case 'in':
    case 'is':
    case 'match':
      return [node.of];
    case 'call':
      return node.args;
    default:
      return node satisfies never;
  }
}
