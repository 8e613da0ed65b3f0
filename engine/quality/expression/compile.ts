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

type Call = Extract<Expression, { kind: 'call' }>;

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
    case 'match': {
      const pattern = RE2JS.compile(node.pattern, node.caseless ? RE2JS.CASE_INSENSITIVE : 0);
      const { of } = node;
      if (of.kind === 'column') {
        return judged(
          of.name,
          judgeTexts(kindOfColumn(of.name, kinds), (text) => pattern.test(text)),
        );
      }
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
        const { layout, entries, codes } = chunk;
        const numbers = new Float64Array(rows.rows);
        for (let i = 0; i < rows.rows; i++)
          numbers[i] = layout === 'codes' ? read(entries!, codes[i]!) : read(chunk, i);
        return { numbers, nulls: nullsOf(chunk, rows.rows) };
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
      const { name, args } = node;
      const [of] = args as [Expression];
      switch (name) {
        case 'abs':
        case 'floor':
        case 'ceil':
        case 'round': {
          const inner = numberOf(of, kinds);
          const apply = name === 'round' ? roundHalfAway : (value: number) => Math[name](value);
          return (rows) => {
            const { numbers, nulls } = inner(rows);
            return { numbers: numbers.map(apply), nulls };
          };
        }
        case 'mod':
          return numberOf({ kind: 'arithmetic', operator: '%', left: of, right: args[1]! }, kinds);
        case 'coalesce':
          return firstNumber(args.map((arg) => numberOf(arg, kinds)));
        case 'year':
        case 'month':
        case 'day':
        case 'hour':
          return datePart(name, of, kinds);
        case 'length':
          return lengthOf(textOf(of, kinds));
        default:
          throw new Misfit(`${name} gives no number`);
      }
    }
    default:
      throw new Misfit('a condition is not a number');
  }
}

/** As SQL rounds: halves away from zero. */
function roundHalfAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value));
}

function lengthOf(texts: (rows: Rows) => Texts): (rows: Rows) => Numbers {
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
  if (node.kind === 'call' && node.name === 'coalesce') {
    const parts = node.args.map((arg) => textOf(arg, kinds));
    return (rows) => {
      const texts = parts.map((part) => part(rows));
      return (row) => {
        for (const text of texts) {
          const value = text(row);
          if (value !== null) return value;
        }
        return null;
      };
    };
  }
  if (node.kind === 'call' && isTextFunction(node.name)) {
    const of = textOf(node.args[0]!, kinds);
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

function isTextFunction(name: string): name is keyof typeof TEXT_FUNCTIONS {
  return name in TEXT_FUNCTIONS;
}

function isText(node: Expression, kinds: ReadonlyMap<string, ColumnKind>): boolean {
  if (node.kind === 'column') return kindOfColumn(node.name, kinds).domain === 'text';
  if (node.kind === 'literal') return typeof node.value === 'string';
  if (node.kind !== 'call') return false;
  return isTextFunction(node.name) || (node.name === 'coalesce' && node.args.some((arg) => isText(arg, kinds)));
}

/** Functions that are conditions themselves. */
function test({ name, args }: Call, kinds: ReadonlyMap<string, ColumnKind>): Condition {
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

/** Parts of a date or a time in UTC. */
const DATE_PARTS = {
  year: (time: Date) => time.getUTCFullYear(),
  month: (time: Date) => time.getUTCMonth() + 1,
  day: (time: Date) => time.getUTCDate(),
  hour: (time: Date) => time.getUTCHours(),
};

function datePart(name: keyof typeof DATE_PARTS, of: Expression, kinds: ReadonlyMap<string, ColumnKind>) {
  if (of.kind !== 'column') throw new Misfit(`${name} is asked of columns alone`);
  const kind = kindOfColumn(of.name, kinds);
  if (kind.domain !== 'instant' && kind.domain !== 'date') {
    throw new Misfit(`the column ${of.name} is of type ${kind.name}, not a date or a time`);
  }
  const read = doubleOf(kind);
  const unitMs = Number(kind.unitNs) / 1e6;
  const partOf = DATE_PARTS[name];
  return (rows: Rows): Numbers => {
    const chunk = rows.column(of.name);
    const numbers = new Float64Array(rows.rows);
    for (let i = 0; i < rows.rows; i++) {
      const value = chunk.layout === 'codes' ? read(chunk.entries!, chunk.codes[i]!) : read(chunk, i);
      numbers[i] = partOf(new Date(Math.floor(value * unitMs)));
    }
    return { numbers, nulls: nullsOf(chunk, rows.rows) };
  };
}

function nullsOf({ valid }: ColumnChunk, rows: number): Uint8Array | null {
  return valid === null ? null : valid.slice(0, rows).map((isThere) => 1 - isThere);
}

/** The first of some numbers that is not null. */
function firstNumber(of: readonly ((rows: Rows) => Numbers)[]): (rows: Rows) => Numbers {
  return (rows) => {
    const first = of[0]!(rows);
    if (first.nulls === null) return first;
    const [numbers, nulls] = [first.numbers.slice(), first.nulls.slice()];
    for (const next of of.slice(1)) {
      const other = next(rows);
      for (let i = 0; i < rows.rows; i++) {
        if (nulls[i] === 0 || other.nulls?.[i] === 1) continue;
        numbers[i] = other.numbers[i]!;
        nulls[i] = 0;
      }
    }
    return { numbers, nulls };
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

function kindOfColumn(name: string, kinds: ReadonlyMap<string, ColumnKind>): ColumnKind {
  const kind = kinds.get(name);
  if (kind === undefined) throw new Misfit(`there is no column "${name}"`);
  return kind;
}

function literalNode(value: Literal): Expression {
  return { kind: 'literal', value, text: String(value) };
}
