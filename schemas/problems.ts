import type { z } from 'zod';
import { fieldNames, typeNames, valueAt } from './field-names.js';
import { hint, nearestName } from './nearest.js';
import { issueInWords } from './problem-words.js';

/** One thing that is wrong with an input, and where. */
export interface Problem {
  /** Dotted path to the offending value, as in `steps.model.inputs.training`; empty for the input as a whole. */
  path: string;
  /** What is wrong, and what is expected. */
  message: string;
}

/** Writes a path as people read it: `steps.model.inputs[0]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  );
}

/** What was parsed, and by what: names that are wrong get a hint to the nearest of those that are known. */
interface Parsed {
  schema: z.core.$ZodType;
  value: unknown;
}

/** Every problem of a failed parse, by path, in the order of the input. A union's problems are those of its nearest member. */
export function problemsOf(error: z.ZodError, parsed?: Parsed): Problem[] {
  return error.issues.flatMap((issue) => expand(issue, [], parsed));
}

type Issue = z.core.$ZodIssue;

/** Unknown fields of one object that get a hint: each costs a comparison with all that are known. */
const HINTED = 100;

function expand(issue: Issue, prefix: readonly PropertyKey[], parsed: Parsed | undefined): Problem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = parsed === undefined ? [] : fieldNames(parsed.schema, parsed.value, path);
    return issue.keys.map((key, index) => ({
      path: formatPath([...path, key]),
      message: `is not a known field${index < HINTED ? hint(key, known) : ''}`,
    }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, errors) => (depth(errors) > depth(best) ? errors : best));
    return nearest.flatMap((inner) => expand(inner, path, parsed));
  }
  if (issue.code === 'invalid_union' && parsed !== undefined) {
    const { given, known } = typeNames(parsed.schema, parsed.value, path);
    if (known.length > 0) return [{ path: formatPath(path), message: unknownType(given, known) }];
  }
  if (issue.code === 'invalid_value' && parsed !== undefined) {
    const given = valueAt(parsed.value, path);
    const nearest = typeof given === 'string' ? nearestName(given, issue.values.map(String)) : undefined;
    const near = nearest === undefined ? '' : `; did you mean "${nearest}"?`;
    return [{ path: formatPath(path), message: `${issueInWords(issue)}${near}` }];
  }
  return [{ path: formatPath(path), message: issueInWords(issue) }];
}

function unknownType(given: unknown, known: readonly string[]): string {
  return typeof given === 'string'
    ? `"${given}" is none of the known types${hint(given, known)}`
    : `must be given${hint('', known)}`;
}

/** How far into the value the first problem lies: the member of a union that got furthest is the one that was meant. */
function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 1)));
}

/** Problems that a message has; all are in the list that goes with it. */
const MOST_TOLD = 5;

/** The first problems in one line, each with its path, and how many more there are. */
export function problemsText(problems: readonly Problem[]): string {
  const told = problems.slice(0, MOST_TOLD).map(({ path, message }) => `${path || '(input)'} ${message}`);
  const more = problems.length > told.length ? `; and ${problems.length - told.length} more` : '';
  return `${told.join('; ')}${more}`;
}
