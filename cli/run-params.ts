import { InvalidArgumentError } from 'commander';
import type { RunRequest } from '../schemas/run.js';

/** Run parameters as they are given with `--param`. */
export type Params = NonNullable<RunRequest['params']>;

/** `name=value`: true, false and numbers are what they look like, `name="7"` is a text. */
export function addParam(text: string, params: Params): Params {
  const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('must have the form name=value');
  return { ...params, [name]: parseValue(value) };
}

function parseValue(text: string): string | number | boolean {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  } catch {
    // not JSON: the text itself
  }
  return text;
}
