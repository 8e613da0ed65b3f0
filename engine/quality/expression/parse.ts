import { RE2JS } from 're2js';
import { parseDecimal, type Literal } from '../literals.js';
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
  /** A text matches a regular expression, in RE2’s syntax. */
  | { kind: 'match'; of: Expression; pattern: string; caseless: boolean }
  | { kind: 'arithmetic'; operator: '+' | '-' | '*' | '/' | '%'; left: Expression; right: Expression }
  | { kind: 'call'; name: FunctionName; args: Expression[] };

/** How many arguments each function takes, at least and at most. */
const ARGUMENTS = {
  abs: [1, 1],
  round: [1, 1],
  floor: [1, 1],
  ceil: [1, 1],
  mod: [2, 2],
  length: [1, 1],
  year: [1, 1],
  month: [1, 1],
  day: [1, 1],
  hour: [1, 1],
  coalesce: [1, 100],
  lower: [1, 1],
  upper: [1, 1],
  trim: [1, 1],
  starts_with: [2, 2],
  ends_with: [2, 2],
  contains: [2, 2],
  isfinite: [1, 1],
  isinf: [1, 1],
} as const satisfies Record<string, readonly [number, number]>;

export type FunctionName = keyof typeof ARGUMENTS;

/** Functions under the names that other dialects have for them. */
const OTHER_NAMES: Record<string, FunctionName> = {
  len: 'length',
  char_length: 'length',
  character_length: 'length',
  ceiling: 'ceil',
  ifnull: 'coalesce',
  nvl: 'coalesce',
  startswith: 'starts_with',
  endswith: 'ends_with',
};

/** Words before a text that say of which type it is; the column that it is compared with says it too. */
const TYPE_WORDS = new Set(['date', 'timestamp', 'timestamptz', 'datetime', 'time']);

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
    case 'match':
      return [node.of];
    case 'call':
      return node.args;
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
    if (this.take('+')) return this.operand();
    if (this.take('-')) return negative(this.signed());
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

  /** What a sign is before. Signs in a row nest as brackets do. */
  private signed(): Expression {
    if (++this.depth > MAX_DEPTH * 2) throw new ExpressionError(`is nested deeper than ${MAX_DEPTH}`);
    const operand = this.operand();
    this.depth--;
    return operand;
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
    const names = Object.keys(ARGUMENTS) as FunctionName[];
    const name = OTHER_NAMES[word] ?? names.find((known) => known === word);
    if (name === undefined) {
      throw new ExpressionError(`there is no function ${given}; there are: ${names.join(', ')}, isnan, regexp_matches`);
    }
    const [least, most] = ARGUMENTS[name];
    if (args.length < least || args.length > most) {
      throw new ExpressionError(
        `${name} takes ${least === 1 ? 'one argument' : `${least} arguments`}, not ${args.length}`,
      );
    }
    return { kind: 'call', name, args };
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

/** SQL’s pattern as a regular expression: % is any text, _ any character, what follows the escape itself. */
function likePattern(pattern: string, escape: string | undefined): string {
  let isEscaped = false;
  let source = '';
  for (const char of pattern) {
    if (!isEscaped && char === escape) {
      isEscaped = true;
      continue;
    }
    if (!isEscaped && char === '%') source += '.*';
    else if (!isEscaped && char === '_') source += '.';
    else source += char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    isEscaped = false;
  }
  return `(?s)^${source}$`;
}
