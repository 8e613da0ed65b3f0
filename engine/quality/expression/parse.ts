import { RE2JS } from 're2js';
import { parseDecimal, type Literal } from '../literals.js';
import type { Operator } from '../operator.js';
import { functionNamed } from './functions.js';
import { likePattern } from './like-pattern.js';
import { depthOf, type Expression } from './tree.js';
import { ExpressionError, tokensOf, type Token } from './tokens.js';

/** Words before a text that say of which type it is; the column that it is compared with says it too. */
const TYPE_WORDS = new Set(['date', 'timestamp', 'timestamptz', 'datetime', 'time']);

/** Brackets, functions and signs that are nested deeper are refused. */
const MAX_DEPTH = 100;

/** Operations in a row lie within one another too, and are compiled and answered by recursion. */
const MAX_TREE_DEPTH = 1000;

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
  const expression = new Parser(tokensOf(text)).whole();
  if (depthOf(expression) > MAX_TREE_DEPTH) {
    throw new ExpressionError(`has more than ${MAX_TREE_DEPTH} operations within one another`);
  }
  return expression;
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
    const parts = [part()];
    while (this.takeWord(operator)) parts.push(part());
    return parts.length === 1 ? parts[0]! : { kind: 'logic', operator, parts };
  }

  private not(): Expression {
    let negations = 0;
    while (this.takeWord('not') || this.take('!')) negations++;
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
      if (negated) throw this.unexpected('in, between, like or ilike');
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
      const members: Expression[] = [];
      do members.push(this.sum());
      while (this.take(','));
      this.expect(')');
      return among(of, members);
    }
    if (this.takeWord('between')) {
      const low: Expression = { kind: 'compare', operator: 'ge', left: of, right: this.sum() };
      if (!this.takeWord('and')) throw this.unexpected('and');
      const high: Expression = { kind: 'compare', operator: 'le', left: of, right: this.sum() };
      return { kind: 'logic', operator: 'and', parts: [low, high] };
    }
    const like = (['like', 'ilike'] as const).find((word) => this.takeWord(word));
    if (like !== undefined) {
      const pattern = this.text();
      const escape = this.takeWord('escape') ? this.text() : undefined;
      return { kind: 'match', of, pattern: likePattern(pattern, escape), caseless: like === 'ilike' };
    }
    const matches = this.take('~') ? true : this.take('!~') ? false : undefined;
    if (matches === undefined) return null;
    const match: Expression = { kind: 'match', of, pattern: this.pattern(), caseless: false };
    return matches ? match : { kind: 'not', of: match };
  }

  private text(): string {
    const { kind, text } = this.token;
    if (kind !== 'text') throw this.unexpected("a text in '…'");
    this.position++;
    return text;
  }

  private pattern(): string {
    const pattern = this.text();
    try {
      RE2JS.compile(pattern);
      return pattern;
    } catch (error) {
      throw new ExpressionError(`holds an invalid RE2 pattern: ${(error as Error).message}`);
    }
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

  /** All that nests passes here. */
  private operand(): Expression {
    if (++this.depth > MAX_DEPTH + 1) throw new ExpressionError(`is nested deeper than ${MAX_DEPTH}`);
    const operand = this.primary();
    this.depth--;
    return operand;
  }

  private primary(): Expression {
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
    if (this.take('+')) return this.operand();
    if (this.take('-')) return negative(this.operand());
    const word = token.text.toLowerCase();
    if (token.kind === 'name' && !RESERVED.has(word)) {
      this.position++;
      if (TYPE_WORDS.has(word) && this.token.kind === 'text') return textLiteral(this.text());
      return this.take('(') ? this.call(token.text) : { kind: 'column', name: token.text };
    }
    if (this.takeWord('null')) return { kind: 'literal', value: null, text: 'null' };
    const isNumber = token.kind === 'number';
    const value = this.literal();
    return { kind: 'literal', value, text: isNumber ? token.text : String(value) };
  }

  /** A function whose name and opening bracket were read. */
  private call(given: string): Expression {
    const word = given.toLowerCase();
    if (TYPE_WORDS.has(word) && this.token.kind === 'text') {
      const literal = textLiteral(this.text());
      this.expect(')');
      return literal;
    }
    if (word === 'regexp_matches') {
      const of = this.sum();
      this.expect(',');
      const pattern = this.pattern();
      this.expect(')');
      return { kind: 'match', of, pattern, caseless: false };
    }
    const args = [this.sum()];
    while (this.take(',')) args.push(this.sum());
    this.expect(')');
    if (word === 'isnan' && args.length === 1) return { kind: 'is', of: args[0]!, what: 'nan' };
    return { kind: 'call', name: functionNamed(given, args.length), args };
  }

  /** Numbers stay text where a double would lose digits. */
  private literal(): Literal {
    const { kind, text } = this.token;
    if (kind === 'number') {
      this.position++;
      return text.replace(/\D/g, '').length > 15 ? text : Number(text);
    }
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

function textLiteral(text: string): Expression {
  return { kind: 'literal', value: text, text };
}

function negative(of: Expression): Expression {
  if (of.kind !== 'literal') {
    return { kind: 'arithmetic', operator: '*', left: { kind: 'literal', value: -1, text: '-1' }, right: of };
  }
  const { value } = of;
  if (typeof value === 'number') return { kind: 'literal', value: -value, text: `-${of.text}` };
  // A number of many digits is kept as its text.
  if (typeof value === 'string' && parseDecimal(value) !== null) {
    const text = value.startsWith('-') ? value.slice(1) : `-${value}`;
    return { kind: 'literal', value: text, text };
  }
  throw new ExpressionError(`there is no negative of ${of.text}`);
}

/** As SQL has it: where the value is none of the members and one of them is null, it is unknown whether it is among them. */
function among(of: Expression, members: readonly Expression[]): Expression {
  const literals: Literal[] = [];
  const others: Expression[] = [];
  for (const member of members) {
    if (member.kind === 'literal' && member.value !== null) literals.push(member.value);
    else if (member.kind === 'literal') others.push(member);
    else others.push({ kind: 'compare', operator: 'eq', left: of, right: member });
  }
  const parts: Expression[] = [...(literals.length > 0 ? [{ kind: 'in', of, set: literals } as const] : []), ...others];
  return parts.length === 1 ? parts[0]! : { kind: 'logic', operator: 'or', parts };
}
