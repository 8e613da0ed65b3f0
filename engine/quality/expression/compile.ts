import { judgeComparison, judgeNaN } from '../kernels/comparison.js';
import { judgeInSet } from '../kernels/in-set.js';
import { pairOrder } from '../kernels/pair-order.js';
import { compileRegex, judgeRegex } from '../kernels/regex.js';
import { ColumnJudge, type Judge } from '../kernels/row-check.js';
import { Misfit, type Literal } from '../literals.js';
import { orderTest, type Operator } from '../operator.js';
import { numberOf } from './numbers.js';
import type { Expression } from './tree.js';
import { kindOfColumn, type Kinds, type Rows } from './rows.js';
import { isText, textOf, type Texts } from './texts.js';

type Call = Extract<Expression, { kind: 'call' }>;

/** What a condition is for each row: 0 false, 1 true, 2 unknown. */
export type Truths = Uint8Array;
export type Condition = (rows: Rows) => Truths;

const UNKNOWN = 2;

/**
 * Compiles a condition for columns of these types. As in SQL, a comparison with null is unknown; as in IEEE 754, NaN compares as
 * false but for `!=`. A column is compared with a literal in its own units, without loss; arithmetic is in doubles.
 * @throws Misfit where the types do not allow it
 */
export function compileCondition(node: Expression, kinds: Kinds): Condition {
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
    case 'match': {
      const { of } = node;
      if (of.kind === 'column') {
        return judged(of.name, judgeRegex(node.pattern, kindOfColumn(of.name, kinds), node.caseless));
      }
      const pattern = compileRegex(node.pattern, node.caseless);
      const texts = textOf(of, kinds);
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
    case 'call':
      return test(node, kinds);
    case 'arithmetic':
      throw new Misfit('a number is not a condition');
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

function comparison(operator: Operator, left: Expression, right: Expression, kinds: Kinds): Condition {
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
  if (isText(left, kinds) || (left.kind === 'literal' && left.value === null && isText(right, kinds))) {
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

function is(of: Expression, what: 'null' | 'nan' | 'true' | 'false', kinds: Kinds): Condition {
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

/** Functions that are conditions themselves. */
function test({ name, args }: Call, kinds: Kinds): Condition {
  if (name === 'isfinite' || name === 'isinf') {
    const of = numberOf(args[0]!, kinds);
    return (rows) => {
      const { numbers, nulls } = of(rows);
      return Uint8Array.from(numbers, (value, i) => {
        if (nulls?.[i] === 1) return UNKNOWN;
        return Number(name === 'isfinite' ? Number.isFinite(value) : Math.abs(value) === Infinity);
      });
    };
  }
  if (name !== 'starts_with' && name !== 'ends_with' && name !== 'contains') {
    throw new Misfit(`${name} gives no condition`);
  }
  const [whole, part] = [textOf(args[0]!, kinds), textOf(args[1]!, kinds)];
  const method = ({ starts_with: 'startsWith', ends_with: 'endsWith', contains: 'includes' } as const)[name];
  return (rows) => {
    const [texts, parts] = [whole(rows), part(rows)];
    return Uint8Array.from({ length: rows.rows }, (_, i) => {
      const [text, wanted] = [texts(i), parts(i)];
      return text === null || wanted === null ? UNKNOWN : Number(text[method](wanted));
    });
  };
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

function literalNode(value: Literal): Expression {
  return { kind: 'literal', value, text: String(value) };
}
