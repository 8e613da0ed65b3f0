import type { z } from 'zod';
import { MillraceError, type ErrorCode } from './errors.js';
import { problemsOf, problemsText } from './problems.js';

/**
 * Parses a value from outside, or throws a MillraceError that names every problem by path.
 * @param what names the value in the message, as in `input of pipelineRun`
 */
export function parseWith<S extends z.ZodType>(
  schema: S,
  value: unknown,
  what: string,
  code: ErrorCode = 'INPUT_INVALID',
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = problemsOf(result.error, { schema, value });
  throw new MillraceError(code, `${what}: ${problemsText(problems)}`, { problems });
}
