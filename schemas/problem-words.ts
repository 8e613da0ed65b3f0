import type { z } from 'zod';

/** Types as messages name them. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'an integer',
  bigint: 'an integer',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  function: 'a function',
};

/** What the library says where a schema has no words of its own. */
const FORMATS: Readonly<Record<string, string>> = {
  'Invalid URL': 'must be a URL, as in https://example.org/a',
  'Invalid ISO datetime': 'must be a time in ISO 8601, as in 2001-03-31T06:00:00Z',
  'Invalid ISO date': 'must be a date, as in 2001-03-31',
};
const OF_LIBRARY = /^(Invalid input: expected|Invalid option:|Too small:|Too big:)/;

/** What is wrong with a value, in the words of all other messages; the words of the schema where it has its own. */
export function issueInWords(issue: z.core.$ZodIssue): string {
  const { message } = issue;
  if (!OF_LIBRARY.test(message)) return FORMATS[message] ?? message;
  switch (issue.code) {
    case 'invalid_type':
      return typeInWords(issue.expected, /received (\w+)$/.exec(message)?.[1]);
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return boundInWords(issue, 'least', Number(issue.minimum));
    case 'too_big':
      return boundInWords(issue, 'most', Number(issue.maximum));
    default:
      return message;
  }
}

function typeInWords(expected: string, received: string | undefined): string {
  const wanted = TYPES[expected] ?? expected;
  if (received === 'undefined') return `must be given: ${wanted}`;
  if (received === undefined || (expected === 'int' && received === 'number')) return `must be ${wanted}`;
  const given = received === 'boolean' ? 'a boolean' : (TYPES[received] ?? received);
  return `must be ${wanted}, not ${given}`;
}

function boundInWords(
  { origin, inclusive = true, exact = false }: { origin: string; inclusive?: boolean; exact?: boolean },
  side: 'least' | 'most',
  bound: number,
): string {
  const [one, many] = origin === 'string' ? ['character', 'characters'] : ['entry', 'entries'];
  if (origin === 'number' || origin === 'int' || origin === 'bigint') {
    return inclusive ? `must be at ${side} ${bound}` : `must be ${side === 'least' ? 'greater' : 'less'} than ${bound}`;
  }
  if (side === 'least' && bound === 1 && !exact) return 'must not be empty';
  return `must have ${exact ? 'exactly' : `at ${side}`} ${bound} ${bound === 1 ? one : many}`;
}
