import type { z } from 'zod';

type Schema = z.core.$ZodType;

/** Names of the fields that an object may have at a path of a value; none where the schema there is not that of an object. */
export function fieldNames(schema: Schema, value: unknown, path: readonly PropertyKey[]): string[] {
  const def = definition(schemaAt(schema, value, path).schema);
  return def?.type === 'object' ? Object.keys(def.shape) : [];
}

/**
 * What a value has at the path of a field that tells the members of a union apart (as `type` does), and what it may be.
 * @param path ends in that field
 */
export function typeNames(
  schema: Schema,
  value: unknown,
  path: readonly PropertyKey[],
): { given: unknown; known: string[] } {
  const union = schemaAt(schema, value, path.slice(0, -1));
  const field = String(path.at(-1));
  const def = definition(union.schema);
  if (def?.type !== 'union') return { given: undefined, known: [] };
  return {
    given: member(union.value, field),
    known: def.options.flatMap((option) => literals(option, field)),
  };
}

/** What a value has at a path; undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce(member, value);
}

/** The schema of the value at a path, as far as it can be told. Of a union it is the member that the value’s type names. */
function schemaAt(schema: Schema, value: unknown, path: readonly PropertyKey[]): { schema?: Schema; value: unknown } {
  let current: Schema | undefined = chosen(schema, value);
  let inner = value;
  for (const part of path) {
    inner = member(inner, part);
    current = current && chosen(child(current, part), inner);
  }
  return { ...(current === undefined ? {} : { schema: current }), value: inner };
}

function child(schema: Schema, part: PropertyKey): Schema | undefined {
  const def = definition(schema);
  if (def?.type === 'object') return def.shape[String(part)];
  if (def?.type === 'array') return def.element;
  return def?.type === 'record' ? def.valueType : undefined;
}

/** Goes through what is around a schema (optional, default and so on), and to the member of a union that the value’s type names. */
function chosen(schema: Schema | undefined, value: unknown): Schema | undefined {
  const def = definition(schema);
  switch (def?.type) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'readonly':
      return chosen(def.innerType, value);
    case 'pipe':
      return chosen(def.in, value);
    case 'union': {
      const { discriminator } = def as { discriminator?: string };
      if (discriminator === undefined) return schema;
      const given = member(value, discriminator);
      const named = def.options.find((option) => literals(option, discriminator).includes(given as string));
      return named === undefined ? schema : chosen(named, value);
    }
    default:
      return schema;
  }
}

/** The literal values that a field of an object, or of the members of a union, may have. */
function literals(schema: Schema, field: string): string[] {
  const def = definition(schema);
  if (def?.type === 'union') return def.options.flatMap((option) => literals(option, field));
  if (def?.type !== 'object') return [];
  const own = definition(def.shape[field]);
  if (own?.type === 'enum') return Object.values(own.entries).map(String);
  return own?.type === 'literal' ? own.values.map(String) : [];
}

function definition(schema: Schema | undefined) {
  return (schema as z.core.$ZodTypes | undefined)?._zod.def;
}

function member(value: unknown, part: PropertyKey): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
}
