import { readFile } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { parseSuite } from '../engine/quality/parse-suite.js';
import type { Suite } from '../schemas/check.js';
import { MillraceError } from '../schemas/errors.js';

/**
 * Loads a suite: JSON, or TypeScript or JavaScript whose default export is one.
 * @param keyColumns are shown with failing rows, besides those of the suite
 * @throws MillraceError SUITE_INVALID with every mistake by path, and for a file that is not there or cannot be loaded
 */
export async function loadSuite(file: string, keyColumns: readonly string[] = []): Promise<Suite> {
  const suite = parseSuite(await readSuite(file), file);
  return { ...suite, keyColumns: [...new Set([...suite.keyColumns, ...keyColumns])] };
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
    const isYaml = /^\.ya?ml$/i.test(extname(file));
    const reason = missing
      ? 'is not there'
      : isYaml
        ? 'is YAML; suites are JSON or TypeScript'
        : `cannot be loaded: ${(error as Error).message}`;
    throw new MillraceError('SUITE_INVALID', `the suite ${file} ${reason}`, { cause: error });
  }
}
