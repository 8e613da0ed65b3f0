import { z } from 'zod';
import { checkSchema, suiteSchema, type Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import { valueAt } from '../../schemas/field-names.js';
import { problemsOf, type Problem } from '../../schemas/problems.js';
import { checkOfOtherTool, fieldOfOtherTool } from './other-tools.js';
import { valueOfOtherTool } from './other-values.js';
import { validateSuite } from './validate-suite.js';

/**
 * Reads a suite from outside. Every mistake is named by its path; for names that are not known, with the nearest that is.
 * @param what the suite in words, for the message
 * @throws MillraceError SUITE_INVALID
 */
export function parseSuite(value: unknown, what = 'the suite'): Suite {
  const suite = withoutSchemaAddress(value);
  const parsed = suiteSchema.safeParse(suite);
  const problems = parsed.success
    ? validateSuite(parsed.data)
    : [...problemsOfForm(parsed.error, suite), ...problemsOfSoundChecks(suite)];
  if (parsed.success && problems.length === 0) return parsed.data;
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  throw new MillraceError('SUITE_INVALID', `${what} has ${count}`, { problems });
}

/** What is wrong with the form, in the words of those who bring a suite from another tool. */
function problemsOfForm(error: z.ZodError, suite: unknown): Problem[] {
  if (Array.isArray(suite))
    return [{ path: '', message: 'must be an object with the list as its field: {"checks": […]}' }];
  const problems = problemsOf(error, { schema: suiteSchema, value: suite });
  const checks = (suite as { checks?: unknown } | null)?.checks;
  if (!Array.isArray(checks)) return problems;
  return problems.map((problem) => {
    const [, index, field, inner] = /^checks\[(\d+)\]\.(\w+)[[.]?(\w+)?\]?$/.exec(problem.path) ?? [];
    const check: unknown = checks[Number(index)];
    if (field === undefined || typeof check !== 'object' || check === null) return problem;
    const path = inner === undefined ? [field] : [field, inner];
    const hinted = field === 'type' ? typeHint(check) : inner === undefined ? fieldHint(check, field) : undefined;
    const message = hinted ?? valueHint(valueAt(check, path), problem.message);
    return message === undefined ? problem : { ...problem, message };
  });
}

function typeHint(check: object): string | undefined {
  const { type, expectation_type } = check as { type?: unknown; expectation_type?: unknown };
  const name = type ?? expectation_type;
  const here = typeof name === 'string' ? checkOfOtherTool(name) : undefined;
  if (here === undefined) return undefined;
  return type === undefined ? `must be given; ${String(name)} is here ${here}` : `"${String(name)}" is here ${here}`;
}

function fieldHint({ type, ...fields }: { type?: unknown }, field: string): string | undefined {
  if (!(field in fields)) return undefined;
  const option = checkSchema.options.find(({ shape }) => shape.type.value === type);
  if (option === undefined || field in option.shape) return undefined;
  const here = fieldOfOtherTool(field, new Set(Object.keys(option.shape)));
  return here === undefined ? undefined : `is not a known field; here it is "${here}"`;
}

/** A value that is none of those which the message names, and that another tool has for one of them. */
function valueHint(value: unknown, message: string): string | undefined {
  const [, names] = /^(?:must be one of|.* is none of the known types; there are:) (.*)$/.exec(message) ?? [];
  if (typeof value !== 'string' || names === undefined) return undefined;
  const here = valueOfOtherTool(value, names.match(/\w+/g) ?? []);
  return here === undefined ? undefined : `${message.replace(/; did you mean .*/, '')}; here it is "${here}"`;
}

/** The JSON Schema of suites as they are written (draft 2020-12): fields with a default may be left out, `$schema` may be there. */
export function suiteJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(suiteSchema, { io: 'input' });
  const properties = { $schema: { type: 'string', description: 'Where the JSON Schema is.' }, ...schema.properties };
  return { ...schema, title: 'Millrace quality suite', properties };
}

/** Editors find the JSON Schema of a file by its field `$schema`, which is no part of the suite. */
function withoutSchemaAddress(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('$schema' in value)) return value;
  // One that is no address is told as an unknown field.
  if (typeof value.$schema !== 'string') return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== '$schema'));
}

/** What is wrong with the checks that have the right form, though others have not: one correction is better than two. */
function problemsOfSoundChecks(value: unknown): Problem[] {
  const { checks } = (value ?? {}) as { checks?: unknown };
  if (!Array.isArray(checks)) return [];
  return checks.flatMap((check, i) => {
    const alone = suiteSchema.safeParse({ checks: [check] });
    if (!alone.success) return [];
    return validateSuite(alone.data).map(({ path, message }) => ({
      path: path.replace(/^checks\[0\]/, `checks[${i}]`),
      message,
    }));
  });
}
