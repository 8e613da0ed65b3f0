import { z } from 'zod';
import { suiteSchema, type Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import { problemsOf, type Problem } from '../../schemas/problems.js';
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
    : [...problemsOf(parsed.error, { schema: suiteSchema, value: suite }), ...problemsOfSoundChecks(suite)];
  if (parsed.success && problems.length === 0) return parsed.data;
  const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
  throw new MillraceError('SUITE_INVALID', `${what} has ${count}`, { problems });
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
