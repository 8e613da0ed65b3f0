import type { ColumnChunk } from '../column-chunk.js';
import { doubleOf } from '../kernels/pair-order.js';
import { Misfit } from '../literals.js';
import type { Expression } from './tree.js';
import { kindOfColumn, type Kinds, type Rows } from './rows.js';
import { textOf, type Texts } from './texts.js';

/** A number for each row; `nulls` is 1 where there is none. */
export interface Numbers {
  numbers: Float64Array;
  nulls: Uint8Array | null;
}

/** Numbers that an expression gives. @throws Misfit where it gives none */
export function numberOf(node: Expression, kinds: Kinds): (rows: Rows) => Numbers {
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

/** Parts of a date or a time in UTC. */
const DATE_PARTS = {
  year: (time: Date) => time.getUTCFullYear(),
  month: (time: Date) => time.getUTCMonth() + 1,
  day: (time: Date) => time.getUTCDate(),
  hour: (time: Date) => time.getUTCHours(),
};

function datePart(name: keyof typeof DATE_PARTS, of: Expression, kinds: Kinds) {
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
