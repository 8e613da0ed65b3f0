import { types } from 'node:util';

/** Typed arrays that states are made of. */
const ARRAYS = { Uint8Array, Int32Array, Float64Array } as const;

type ArrayName = keyof typeof ARRAYS;

/** By what they are and not by their class, which is another one in each realm. */
const IS_ARRAY: Readonly<Record<ArrayName, (value: unknown) => boolean>> = {
  Uint8Array: types.isUint8Array,
  Int32Array: types.isInt32Array,
  Float64Array: types.isFloat64Array,
};

/** A value that JSON has no word for. */
type Tagged =
  | { $: 'number'; text: string }
  | { $: 'bigint'; text: string }
  | { $: 'map'; entries: unknown[] }
  | { $: 'object'; entries: [string, unknown][] }
  | { $: ArrayName; base64: string };

/**
 * Plain values, typed arrays, maps and big integers as JSON, from which `parseStructured` gives the same back. Objects of classes and
 * functions are not among them.
 */
export function structuredJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => tagged(member) ?? member);
}

/** What `structuredJson` wrote. @throws SyntaxError, TypeError for what it did not */
export function parseStructured(text: string): unknown {
  return JSON.parse(text, (_, member: unknown) =>
    typeof member === 'object' && member !== null && '$' in member ? untagged(member as Tagged) : member,
  );
}

function tagged(value: unknown): Tagged | undefined {
  if (typeof value === 'bigint') return { $: 'bigint', text: String(value) };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $: 'number', text: Object.is(value, -0) ? '-0' : String(value) };
  }
  if (types.isMap(value)) return { $: 'map', entries: [...value] };
  if (ArrayBuffer.isView(value)) {
    const name = (Object.keys(ARRAYS) as ArrayName[]).find((one) => IS_ARRAY[one](value));
    if (name === undefined) throw new TypeError(`${Object.prototype.toString.call(value)} has no text`);
    return { $: name, base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
  }
  // A name in the data may be the very mark.
  if (typeof value !== 'object' || value === null || !('$' in value)) return undefined;
  return { $: 'object', entries: Object.entries(value) };
}

function untagged(value: Tagged): unknown {
  switch (value.$) {
    case 'bigint':
      return BigInt(value.text);
    case 'number':
      return Number(value.text);
    case 'map':
      return new Map(value.entries as [unknown, unknown][]);
    case 'object':
      return Object.fromEntries(value.entries);
    default: {
      const Values = ARRAYS[value.$];
      // A copy, since a Buffer may begin where no number may.
      return new Values(Uint8Array.from(Buffer.from(value.base64, 'base64')).buffer);
    }
  }
}
