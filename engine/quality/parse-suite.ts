import { z } from 'zod';
import { checkSchema, suiteSchema, type Suite } from '../../schemas/check.js';
import { MillraceError } from '../../schemas/errors.js';
import { nearestName } from '../../schemas/nearest.js';
import { problemsOf, type Problem } from '../../schemas/problems.js';
import { validateSuite } from './validate-suite.js';

/**
 * Reads a suite from outside. Every mistake is named by its path; for names that are not known, with the nearest that is.
 * @throws MillraceError SUITE_INVALID
 */
export function parseSuite(value: unknown): Suite {
  const parsed = suiteSchema.safeParse(value);
  const problems = parsed.success ? validateSuite(parsed.data) : hinted(problemsOf(parsed.error), value);
  if (parsed.success && problems.length === 0) return parsed.data;
  const shown = problems.slice(0, 5).map(({ path, message }) => `${path || 'the suite'} ${message}`);
  const more = problems.length > shown.length ? `; and ${problems.length - shown.length} more` : '';
  throw new MillraceError('SUITE_INVALID', `${shown.join('; ')}${more}`, { problems });
}

/** The JSON Schema of a suite, by which editors complete one (draft 2020-12). */
export function suiteJsonSchema(): Record<string, unknown> {
  return z.toJSONSchema(suiteSchema, { io: 'input' });
}

const FIELDS_BY_TYPE = new Map(
  checkSchema.options.map(({ shape }) => [shape.type.value as string, Object.keys(shape)] as const),
);

function hinted(problems: readonly Problem[], value: unknown): Problem[] {
  return problems.map(({ path, message }) => {
    const [, index, field] = /^checks\[(\d+)\]\.(\w+)$/.exec(path) ?? [];
    if (field === undefined) return { path, message };
    const check = (value as { checks: Record<string, unknown>[] }).checks[Number(index)]!;
    if (field === 'type' && !FIELDS_BY_TYPE.has(String(check.type))) {
      const type = typeof check.type === 'string' ? check.type : '';
      return { path, message: `there is no check "${type}"${didYouMean(type, [...FIELDS_BY_TYPE.keys()])}` };
    }
    const known = FIELDS_BY_TYPE.get(String(check.type)) ?? [];
    return known.includes(field) ? { path, message } : { path, message: `${message}${didYouMean(field, known)}` };
  });
}

function didYouMean(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? '' : `; did you mean "${nearest}"?`;
}
