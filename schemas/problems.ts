import type { z } from 'zod';

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

/** Every problem of a failed parse, by path, in the order of the input. A union's problems are those of its nearest member. */
export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue) => expand(issue, []));
}

type Issue = z.core.$ZodIssue;

function expand(issue: Issue, prefix: readonly PropertyKey[]): Problem[] {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: formatPath([...path, key]), message: 'is not a known field' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, errors) => (depth(errors) > depth(best) ? errors : best));
    return nearest.flatMap((inner) => expand(inner, path));
  }
  return [{ path: formatPath(path), message: issue.message }];
}

/** How far into the value the first problem lies: the member of a union that got furthest is the one that was meant. */
function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'invalid_type' ? 0 : 1)));
}
