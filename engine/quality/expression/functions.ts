import { ExpressionError } from './tokens.js';

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

/**
 * The function that a name stands for, in any case of letters.
 * @throws ExpressionError if there is none, or it does not take so many arguments
 */
export function functionNamed(given: string, args: number): FunctionName {
  const word = given.toLowerCase();
  const names = Object.keys(ARGUMENTS) as FunctionName[];
  const name = OTHER_NAMES[word] ?? names.find((known) => known === word);
  if (name === undefined) {
    throw new ExpressionError(`there is no function ${given}; there are: ${names.join(', ')}, isnan, regexp_matches`);
  }
  const [least, most] = ARGUMENTS[name];
  if (args < least || args > most) {
    throw new ExpressionError(`${name} takes ${least === 1 ? 'one argument' : `${least} arguments`}, not ${args}`);
  }
  return name;
}
