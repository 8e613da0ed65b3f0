import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { validateSuite } from '../engine/quality/validate-suite.js';
import { suiteSchema, type Suite } from '../schemas/check.js';
import { MillraceError } from '../schemas/errors.js';
import { problemsOf, type Problem } from '../schemas/problems.js';

/**
 * Loads a suite: JSON, or TypeScript or JavaScript whose default export is one.
 * @param keyColumns are shown with failing rows, besides those of the suite
 * @throws MillraceError SUITE_INVALID with every mistake by path, and for a file that is not there or cannot be loaded
 */
export async function loadSuite(file: string, keyColumns: readonly string[] = []): Promise<Suite> {
  const value = withoutSchemaAddress(await readSuite(file));
  const parsed = suiteSchema.safeParse(value);
  const problems = parsed.success
    ? validateSuite(parsed.data)
    : [...problemsOf(parsed.error, { schema: suiteSchema, value }), ...problemsOfSoundChecks(value)];
  if (!parsed.success || problems.length > 0) {
    const count = problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`;
    throw new MillraceError('SUITE_INVALID', `${file} has ${count}`, { problems });
  }
  return { ...parsed.data, keyColumns: [...new Set([...parsed.data.keyColumns, ...keyColumns])] };
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

async function readSuite(file: string): Promise<unknown> {
  try {
    if (/^\.[cm]?[jt]s$/.test(extname(file))) {
      // Loaded only here: most suites are JSON, and starting is to be quick.
      const { createJiti } = await import('jiti');
      return await createJiti(__filename, { moduleCache: false }).import(resolve(file), { default: true });
    }
    const text = await readFile(file, 'utf8');
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = missing ? 'is not there' : `cannot be loaded: ${(error as Error).message}`;
    throw new MillraceError('SUITE_INVALID', `the suite ${file} ${reason}`, { cause: error });
  }
}
