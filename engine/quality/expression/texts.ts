import { Misfit } from '../literals.js';
import type { Expression } from './tree.js';
import { kindOfColumn, type Kinds, type Rows } from './rows.js';

/** The text of a row; null where there is none. */
export type Texts = (row: number) => string | null;

/** Texts that an expression gives. @throws Misfit where it gives none */
export function textOf(node: Expression, kinds: Kinds): (rows: Rows) => Texts {
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

/** Whether an expression gives texts. */
export function isText(node: Expression, kinds: Kinds): boolean {
  if (node.kind === 'column') return kindOfColumn(node.name, kinds).domain === 'text';
  if (node.kind === 'literal') return typeof node.value === 'string';
  if (node.kind !== 'call') return false;
  return isTextFunction(node.name) || (node.name === 'coalesce' && node.args.some((arg) => isText(arg, kinds)));
}
