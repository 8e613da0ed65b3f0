import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { hasMixedLineEnds, writeWithOneLineEnd } from '../line-ends.js';
import { escapeGlob, unescapeGlob, type LocalSource } from './sources/local-source.js';

/**
 * A source of CSV with copies in the place of those files whose lines end in different ways, which DuckDB does not read.
 * @param folder where copies are made
 * @returns undefined where there is no such file
 */
export async function withEvenLines(
  source: LocalSource,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<LocalSource | undefined> {
  if (source.format.kind !== 'csv') return undefined;
  let isChanged = false;
  const files: string[] = [];
  for (const [index, file] of source.files.entries()) {
    const path = unescapeGlob(file);
    if (!(await hasMixedLineEnds(path, signal))) {
      files.push(file);
      continue;
    }
    isChanged = true;
    const place = join(folder, String(index));
    await mkdir(place, { recursive: true });
    const even = join(place, basename(path).replace(/\.gz$/i, ''));
    await writeWithOneLineEnd(path, even, signal);
    files.push(escapeGlob(even));
  }
  return isChanged ? { ...source, files } : undefined;
}
