import { RE2JS } from 're2js';
import type { ColumnChunk } from '../column-chunk.js';
import type { ColumnKind } from '../column-kind.js';
import { judgeComparison, judgeNaN } from '../kernels/comparison.js';
import { judgeInSet } from '../kernels/in-set.js';
import { doubleOf, pairOrder } from '../kernels/pair-order.js';
import { ColumnJudge, type Judge } from '../kernels/row-check.js';
import { judgeTexts } from '../kernels/texts.js';
import { Misfit, type Literal } from '../literals.js';
import { orderTest, type Operator } from '../operator.js';
import type { Expression } from './parse.js';

/** The rows that an expression looks at. */
export interface Rows {
  readonly rows: number;
  column(name: string): ColumnChunk;
}

/** What a condition is for each row: 0 false, 1 true, 2 unknown. */
export type Truths = Uint8Array;
export type Condition = (rows: Rows) => Truths;

const UNKNOWN = 2;

/**
 * Compiles a condition for columns of these types. As in SQL, a comparison with null is unknown; as in IEEE 754, NaN compares as
 * false but for `!=`. A column is compared with a literal in its own units, without loss; arithmetic is in doubles.
 * @throws Misfit where the types do not allow it
 */
export function compileCondition(node: Expression, kinds: ReadonlyMap<string, ColumnKind>): Condition {
  const compile = (inner: Expression) => compileCondition(inner, kinds);
  switch (node.kind) {
    case 'logic':
      return logic(node.operator, node.parts.map(compile));
    case 'not': {
      const of = compile(node.of);
      return (rows) => of(rows).map((truth) => (truth === UNKNOWN ? UNKNOWN : 1 - truth));
    }
    case 'compare':
      return comparison(node.operator, node.left, node.right, kinds);
    case 'in':
      if (node.of.kind === 'column')
        return judged(node.of.name, judgeInSet(node.set, kindOfColumn(node.of.name, kinds)));
      return logic(
        'or',
        node.set.map((value) => comparison('eq', node.of, literalNode(value), kinds)),
      );
    case 'like': {
      const pattern = RE2JS.compile(likePattern(node.pattern), RE2JS.DOTALL);
      if (node.of.kind === 'column') {
        return judged(
          node.of.name,
          judgeTexts(kindOfColumn(node.of.name, kinds), (text) => pattern.test(text)),
        );
      }
      const texts = textOf(node.of, kinds);
      return each(texts, (text) => (pattern.test(text) ? 1 : 0));
    }
    case 'is':
      return is(node.of, node.what, kinds);
    case 'column': {
      const kind = kindOfColumn(node.name, kinds);
      if (kind.domain !== 'boolean')
        throw new Misfit(`the column ${node.name} is of type ${kind.name}, not a condition`);
      return judged(node.name, judgeInSet([true], kind));
    }
    case 'literal': {
      if (node.value !== null && typeof node.value !== 'boolean') throw new Misfit(`${node.text} is not a condition`);
      const truth = node.value === null ? UNKNOWN : Number(node.value);
      return ({ rows }) => new Uint8Array(rows).fill(truth);
    }
    case 'arithmetic':
    case 'call':
      throw new Misfit('a number or a text is not a condition');
    default:
      return node satisfies never;
  }
}

function logic(operator: 'and' | 'or', parts: readonly Condition[]): Condition {
  // The value that decides alone: false for `and`, true for `or`.
  const decisive = operator === 'and' ? 0 : 1;
  return (rows) => {
    const truths = parts[0]!(rows).slice();
    for (const part of parts.slice(1)) {
      const other = part(rows);
      for (let i = 0; i < truths.length; i++) {
        const [a, b] = [truths[i]!, other[i]!];
        truths[i] = a === decisive || b === decisive ? decisive : a === UNKNOWN || b === UNKNOWN ? UNKNOWN : a;
      }
    }
    return truths;
  };
}

function comparison(
  operator: Operator,
  left: Expression,
  right: Expression,
  kinds: ReadonlyMap<string, ColumnKind>,
): Condition {
  if (left.kind === 'literal' && right.kind !== 'literal') return comparison(MIRRORED[operator], right, left, kinds);
  if (left.kind === 'column' && right.kind === 'literal') {
    const kind = kindOfColumn(left.name, kinds);
    if (right.value === null) return ({ rows }) => new Uint8Array(rows).fill(UNKNOWN);
    return judged(left.name, judgeComparison(operator, right.value, kind));
  }
  const passes = orderTest(operator);
  if (left.kind === 'column' && right.kind === 'column') {
    const order = pairOrder(kindOfColumn(left.name, kinds), kindOfColumn(right.name, kinds));
    return (rows) => {
      const [a, b] = [rows.column(left.name), rows.column(right.name)];
      const truths = new Uint8Array(rows.rows);
      for (let i = 0; i < rows.rows; i++) {
        truths[i] = a.valid?.[i] === 0 || b.valid?.[i] === 0 ? UNKNOWN : passes(order(a, i, b, i)) ? 1 : 0;
      }
      return truths;
    };
  }
  if (isText(left, kinds)) {
    const [a, b] = [textOf(left, kinds), textOf(right, kinds)];
    return (rows) => {
      const [x, y] = [a(rows), b(rows)];
      return Uint8Array.from({ length: rows.rows }, (_, i) => {
        const [p, q] = [x(i), y(i)];
        return p === null || q === null ? UNKNOWN : passes(Buffer.from(p).compare(Buffer.from(q))) ? 1 : 0;
      });
    };
  }
  const [a, b] = [numberOf(left, kinds), numberOf(right, kinds)];
  return (rows) => {
    const [x, y] = [a(rows), b(rows)];
    const truths = new Uint8Array(rows.rows);
    for (let i = 0; i < rows.rows; i++) {
      const [p, q] = [x.numbers[i]!, y.numbers[i]!];
      truths[i] = x.nulls?.[i] === 1 || y.nulls?.[i] === 1 ? UNKNOWN : passes(p === q ? 0 : p - q) ? 1 : 0;
    }
    return truths;
  };
}

const MIRRORED: Record<Operator, Operator> = { lt: 'gt', le: 'ge', eq: 'eq', ne: 'ne', ge: 'le', gt: 'lt' };

/** A condition on one column by a judge, which sees each dictionary entry once. */
function judged(name: string, judge: Judge): Condition {
  const columnJudge = new ColumnJudge(judge);
  return (rows) => {
    const chunk = rows.column(name);
    const truths = new Uint8Array(rows.rows).fill(1);
    if (columnJudge.update(chunk)) for (let i = 0; i < rows.rows; i++) truths[i] = 1 - columnJudge.fails[i]!;
    if (chunk.valid !== null) for (let i = 0; i < rows.rows; i++) if (chunk.valid[i] === 0) truths[i] = UNKNOWN;
    return truths;
  };
}

function is(
  of: Expression,
  what: 'null' | 'nan' | 'true' | 'false',
  kinds: ReadonlyMap<string, ColumnKind>,
): Condition {
  if (what === 'true' || what === 'false') {
    const condition = compileCondition(of, kinds);
    const wanted = what === 'true' ? 1 : 0;
    return (rows) => condition(rows).map((truth) => (truth === wanted ? 1 : 0));
  }
  if (of.kind !== 'column') throw new Misfit(`is ${what} is asked of columns alone`);
  const kind = kindOfColumn(of.name, kinds);
  if (what === 'null') {
    return (rows) => {
      const { valid } = rows.column(of.name);
      return valid === null ? new Uint8Array(rows.rows) : valid.slice(0, rows.rows).map((isThere) => 1 - isThere);
    };
  }
  if (!kind.floating) throw new Misfit(`a column of type ${kind.name} holds no NaN`);
  const isNumber = judged(of.name, judgeNaN);
  return (rows) => isNumber(rows).map((truth) => (truth === 0 ? 1 : 0));
}

interface Numbers {
  numbers: Float64Array;
  nulls: Uint8Array | null;
}

function numberOf(node: Expression, kinds: ReadonlyMap<string, ColumnKind>): (rows: Rows) => Numbers {
  switch (node.kind) {
    case 'literal': {
      // Numbers of many digits are kept as text.
      const value = typeof node.value === 'boolean' || node.value === '' ? Number.NaN : Number(node.value);
      if (node.value !== null && Number.isNaN(value)) throw new Misfit(`${node.text} is not a number`);
      return ({ rows }) => ({
        numbers: new Float64Array(rows).fill(value),
        nulls: node.value === null ? new Uint8Array(rows).fill(1) : null,
      });
    }
    case 'column': {
      const kind = kindOfColumn(node.name, kinds);
      if (!['number', 'integer', 'decimal'].includes(kind.domain)) {
        throw new Misfit(`the column ${node.name} is of type ${kind.name}, not a number`);
      }
      const read = doubleOf(kind);
      return (rows) => {
        const chunk = rows.column(node.name);
        const { layout, entries, codes, valid } = chunk;
        const numbers = new Float64Array(rows.rows);
        for (let i = 0; i < rows.rows; i++)
          numbers[i] = layout === 'codes' ? read(entries!, codes[i]!) : read(chunk, i);
        return { numbers, nulls: valid === null ? null : valid.slice(0, rows.rows).map((isThere) => 1 - isThere) };
      };
    }
    case 'arithmetic': {
      const [left, right] = [numberOf(node.left, kinds), numberOf(node.right, kinds)];
      const apply = ARITHMETIC[node.operator];
      return (rows) => {
        const [a, b] = [left(rows), right(rows)];
        const numbers = a.numbers.map((value, i) => apply(value, b.numbers[i]!));
        if (a.nulls === null || b.nulls === null) return { numbers, nulls: a.nulls ?? b.nulls };
        return { numbers, nulls: a.nulls.map((isNull, i) => isNull | b.nulls![i]!) };
      };
    }
    case 'call': {
      if (node.name === 'abs') {
        const of = numberOf(node.of, kinds);
        return (rows) => {
          const { numbers, nulls } = of(rows);
          return { numbers: numbers.map(Math.abs), nulls };
        };
      }
      if (node.name !== 'length') throw new Misfit(`${node.name} gives a text, not a number`);
      const texts = textOf(node.of, kinds);
      return (rows) => {
        const text = texts(rows);
        const nulls = new Uint8Array(rows.rows);
        const numbers = new Float64Array(rows.rows);
        for (let i = 0; i < rows.rows; i++) {
          const value = text(i);
          if (value === null) nulls[i] = 1;
          else numbers[i] = [...value].length;
        }
        return { numbers, nulls };
      };
    }
    default:
      throw new Misfit('a condition is not a number');
  }
}

const ARITHMETIC: Record<'+' | '-' | '*' | '/' | '%', (a: number, b: number) => number> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
};

type Texts = (row: number) => string | null;

function textOf(node: Expression, kinds: ReadonlyMap<string, ColumnKind>): (rows: Rows) => Texts {
  if (node.kind === 'literal') {
    if (node.value !== null && typeof node.value !== 'string') throw new Misfit(`${node.text} is not a text`);
    const { value } = node;
    return () => () => value;
  }
  if (node.kind === 'call' && node.name !== 'abs' && node.name !== 'length') {
    const of = textOf(node.of, kinds);
    const apply = TEXT_FUNCTIONS[node.name];
    return (rows) => {
      const texts = of(rows);
      return (row) => {
        const text = texts(row);
        return text === null ? null : apply(text);
      };
    };
  }
  if (node.kind !== 'column') throw new Misfit('a number or a condition is not a text');
  const kind = kindOfColumn(node.name, kinds);
  if (kind.domain !== 'text') throw new Misfit(`the column ${node.name} is of type ${kind.name}, not a text`);
  return (rows) => {
    const chunk = rows.column(node.name);
    const source = chunk.layout === 'codes' ? chunk.entries! : chunk;
    const bytes = Buffer.from(source.bytes.buffer, source.bytes.byteOffset, source.bytes.byteLength);
    return (row) => {
      if (chunk.valid?.[row] === 0) return null;
      const at = (chunk.layout === 'codes' ? chunk.codes[row]! : row) * source.offsetStride;
      return bytes.toString('utf8', source.offsets[at], source.offsets[at + source.offsetStride]);
    };
  };
}

const TEXT_FUNCTIONS = {
  lower: (text: string) => text.toLowerCase(),
  upper: (text: string) => text.toUpperCase(),
  trim: (text: string) => text.trim(),
};

function isText(node: Expression, kinds: ReadonlyMap<string, ColumnKind>): boolean {
  if (node.kind === 'column') return kindOfColumn(node.name, kinds).domain === 'text';
  if (node.kind === 'literal') return typeof node.value === 'string';
  return node.kind === 'call' && node.name !== 'abs' && node.name !== 'length';
}

function each(texts: (rows: Rows) => Texts, test: (text: string) => 0 | 1): Condition {
  return (rows) => {
    const text = texts(rows);
    return Uint8Array.from({ length: rows.rows }, (_, i) => {
      const value = text(i);
      return value === null ? UNKNOWN : test(value);
    });
  };
}

function kindOfColumn(name: string, kinds: ReadonlyMap<string, ColumnKind>): ColumnKind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new Misfit(`there is no column "${name}"`);
  return kind;
}

function literalNode(value: Literal): Expression {
  return { kind: 'literal', value, text: String(value) };
}

/** SQL’s pattern as a regular expression: % is any text, _ any character. */
function likePattern(pattern: string): string {
  const parts = [...pattern].map((char) =>
    char === '%' ? '.*' : char === '_' ? '.' : char.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
  );
  return `^${parts.join('')}$`;
}
