import { access, constants, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { MillraceError } from '../../schemas/index.js';
import type { DuckDbSession } from './duckdb-session.js';
import { escapeGlob } from './sources/local-source.js';

/**
 * The files that a source’s path or glob stands for, sorted, with what a glob would misread in their names escaped.
 * @throws MillraceError SOURCE_NOT_FOUND, SOURCE_EMPTY for a file of 0 bytes, SOURCE_UNREADABLE for one that may not be read
 */
export async function sourceFiles(session: DuckDbSession, projectDir: string, path: string): Promise<string[]> {
  const literalPath = resolve(projectDir, path);
  // A file whose very name looks like a glob is meant before what the glob would match.
  const found = (await isFile(literalPath)) ? [literalPath] : await globFiles(session, projectDir, path);
  if (found.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', `no file at ${literalPath}`);
  await Promise.all(found.map(refuseUnusable));
  return found.map(escapeGlob);
}

async function globFiles(session: DuckDbSession, projectDir: string, path: string): Promise<string[]> {
  // The project's folder is no glob, even when its name looks like one.
  const pattern = isAbsolute(path) ? path : `${escapeGlob(resolve(projectDir))}/${path}`;
  const rows = await session.rows('SELECT file FROM glob($pattern) ORDER BY file', { pattern });
  const files = rows.map(({ file }) => String(file));
  const kept = await Promise.all(files.map(isFile));
  return files.filter((_, index) => kept[index]);
}

async function refuseUnusable(file: string): Promise<void> {
  const { size } = await stat(file);
  if (size === 0) throw new MillraceError('SOURCE_EMPTY', `${file} has no bytes`);
  await access(file, constants.R_OK).catch((error: Error) => {
    throw new MillraceError('SOURCE_UNREADABLE', `${file} may not be read: ${error.message}`, { cause: error });
  });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
