import type { Literal } from '../literals.js';
import type { Operator } from '../operator.js';
import { ExpressionError, tokensOf, type Token } from './tokens.js';

/** An expression as a tree. */
export type Expression =
  | { kind: 'literal'; value: Literal | null; text: string }
  | { kind: 'column'; name: string }
  | { kind: 'not'; of: Expression }
  | { kind: 'logic'; operator: 'and' | 'or'; parts: Expression[] }
  | { kind: 'compare'; operator: Operator; left: Expression; right: Expression }
  | { kind: 'in'; of: Expression; set: Literal[] }
  | { kind: 'is'; of: Expression; what: 'null' | 'nan' | 'true' | 'false' }
  | { kind: 'like'; of: Expression; pattern: string }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*' | '/' | '%'; left: Expression; right: Expression }
  | { kind: 'call'; name: FunctionName; of: Expression };

export const FUNCTIONS = ['abs', 'length', 'lower', 'upper', 'trim'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** Expressions that are nested deeper are refused. */
const MAX_DEPTH = 100;

const OPERATORS: Record<string, Operator> = {
  '<': 'lt',
  '<=': 'le',
  '=': 'eq',
  '==': 'eq',
  '!=': 'ne',
  '<>': 'ne',
  '>=': 'ge',
  '>': 'gt',
};

const RESERVED = new Set(['and', 'or', 'not', 'in', 'is', 'null', 'true', 'false', 'between', 'like', 'nan']);

/**
 * Parses an expression of columns in SQL’s words: `distance > 0 and origin != 'LAX'`. From loose to tight: or, and, not,
 * comparisons (also in, between, like, is), + and -, * / and %, the sign.
 * @throws ExpressionError with the position
 */
export function parseExpression(text: string): Expression {
  return new Parser(tokensOf(text)).whole();
}

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
    case 'like':
    case 'call':
      return [node.of];
    default:
      return node satisfies never;
  }
}

class Parser {
  private position = 0;
  private depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  whole(): Expression {
    const expression = this.or();
    if (this.token.kind !== 'end') throw this.unexpected('the end');
    return expression;
  }

  private get token(): Token {
    return this.tokens[this.position]!;
  }

  private or(): Expression {
    return this.chain('or', () => this.chain('and', () => this.not()));
  }

  private chain(operator: 'and' | 'or', part: () => Expression): Expression {
    if (++this.depth > MAX_DEPTH * 2) throw new ExpressionError(`is nested deeper than ${MAX_DEPTH}`);
    const parts = [part()];
    while (this.takeWord(operator)) parts.push(part());
    this.depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'logic', operator, parts };
  }

  private not(): Expression {
    let negations = 0;
    while (this.takeWord('not')) negations++;
    const of = this.comparison();
    return negations % 2 === 1 ? { kind: 'not', of } : of;
  }

  private comparison(): Expression {
    const left = this.sum();
    const operator = this.token.kind === 'sign' ? OPERATORS[this.token.text] : undefined;
    if (operator !== undefined) {
      this.position++;
      return { kind: 'compare', operator, left, right: this.sum() };
    }
    if (this.takeWord('is')) return this.is(left);
    const negated = this.takeWord('not');
    const test = this.test(left);
    if (test === null) {
      if (negated) throw this.unexpected('in, between or like');
      return left;
    }
    return negated ? { kind: 'not', of: test } : test;
  }

  private is(of: Expression): Expression {
    const negated = this.takeWord('not');
    const what = (['null', 'nan', 'true', 'false'] as const).find((word) => this.takeWord(word));
    if (what === undefined) throw this.unexpected('null, nan, true or false');
    const test: Expression = { kind: 'is', of, what };
    return negated ? { kind: 'not', of: test } : test;
  }

  private test(of: Expression): Expression | null {
    if (this.takeWord('in')) {
      this.expect('(');
      const set: Literal[] = [];
      do set.push(this.literal());
      while (this.take(','));
      this.expect(')');
      return { kind: 'in', of, set };
    }
    if (this.takeWord('between')) {
      const low: Expression = { kind: 'compare', operator: 'ge', left: of, right: this.sum() };
      if (!this.takeWord('and')) throw this.unexpected('and');
      const high: Expression = { kind: 'compare', operator: 'le', left: of, right: this.sum() };
      return { kind: 'logic', operator: 'and', parts: [low, high] };
    }
    if (this.takeWord('like')) {
      const { kind, text } = this.token;
      if (kind !== 'text') throw this.unexpected("a pattern in '…'");
      this.position++;
      return { kind: 'like', of, pattern: text };
    }
    return null;
  }

  private sum(): Expression {
    return this.operation(['+', '-'], () => this.operation(['*', '/', '%'], () => this.operand()));
  }

  private operation(signs: readonly ('+' | '-' | '*' | '/' | '%')[], part: () => Expression): Expression {
    let left = part();
    for (;;) {
      const operator = signs.find((sign) => this.take(sign));
      if (operator === undefined) return left;
      left = { kind: 'arithmetic', operator, left, right: part() };
    }
  }

  private operand(): Expression {
    const token = this.token;
    if (this.take('(')) {
      const inner = this.or();
      this.expect(')');
      return inner;
    }
    if (token.kind === 'quoted') {
      this.position++;
      return { kind: 'column', name: token.text };
    }
    const word = token.text.toLowerCase();
    if (token.kind === 'name' && !RESERVED.has(word)) {
      this.position++;
      if (!this.take('(')) return { kind: 'column', name: token.text };
      const name = FUNCTIONS.find((known) => known === word);
      if (name === undefined)
        throw new ExpressionError(`there is no function ${token.text}; there are: ${FUNCTIONS.join(', ')}`);
      const of = this.sum();
      this.expect(')');
      return { kind: 'call', name, of };
    }
    if (this.takeWord('null')) return { kind: 'literal', value: null, text: 'null' };
    const value = this.literal();
    return { kind: 'literal', value, text: String(value) };
  }

  /** Numbers stay text where a double would lose digits. */
  private literal(): Literal {
    const negative = this.take('-');
    const { kind, text } = this.token;
    if (kind === 'number') {
      this.position++;
      const signed = negative ? `-${text}` : text;
      return text.replace(/\D/g, '').length > 15 ? signed : Number(signed);
    }
    if (negative) throw this.unexpected('a number');
    if (kind === 'text') {
      this.position++;
      return text;
    }
    if (this.takeWord('true')) return true;
    if (this.takeWord('false')) return false;
    throw this.unexpected('a value or a column');
  }

  private take(sign: string): boolean {
    if (this.token.kind !== 'sign' || this.token.text !== sign) return false;
    this.position++;
    return true;
  }

  private takeWord(word: string): boolean {
    if (this.token.kind !== 'name' || this.token.text.toLowerCase() !== word) return false;
    this.position++;
    return true;
  }

  private expect(sign: string): void {
    if (!this.take(sign)) throw this.unexpected(`"${sign}"`);
  }

  private unexpected(expected: string): ExpressionError {
    const { kind, text, at } = this.token;
    const found = kind === 'end' ? 'it ends' : `there is "${text}"`;
    return new ExpressionError(`${found} at character ${at + 1}, where ${expected} is expected`);
  }
}
