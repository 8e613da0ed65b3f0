import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../schemas/errors.js';

/**
 * The data files that arguments of a command stand for, in the order given; those of a pattern (`*`, `?`, `[a-z]`, `**`) sorted.
 * A file whose very name looks like a pattern is meant before what it would match. `-` is the standard input.
 * @throws MillraceError SOURCE_NOT_FOUND for a file that is not there, a folder, and a pattern that matches nothing
 */
export function dataFiles(named: readonly string[]): string[] {
  return named.flatMap((name) => {
    if (name === '-') return [name];
    if (existsSync(name)) {
      if (!statSync(name).isDirectory()) return [name];
      throw new MillraceError(
        'SOURCE_NOT_FOUND',
        `${name} is a folder; name its files, as in '${join(name, '*.parquet')}'`,
      );
    }
    const found = /[*?[]/.test(name) ? matches(name).sort() : [];
    if (found.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', `there is no file ${name}`);
    return found;
  });
}

/** Files whose paths match a pattern. Names that begin with a dot are found only where the pattern has the dot. */
function matches(pattern: string): string[] {
  const absolute = pattern.startsWith('/');
  const parts = pattern.split('/').filter((part) => part !== '');
  return walk(absolute ? '/' : '', parts);
}

function walk(folder: string, [part, ...rest]: readonly string[]): string[] {
  if (part === undefined) return [];
  const below = (name: string) => (folder === '' ? name : join(folder, name));
  if (part === '.' || part === '..') return walk(below(part), rest);
  const entries = namesIn(folder);
  if (part === '**') {
    const deeper = entries.filter(({ isFolder, name }) => isFolder && !name.startsWith('.'));
    return [...walk(folder, rest), ...deeper.flatMap(({ name }) => walk(below(name), [part, ...rest]))];
  }
  const expression = segmentExpression(part);
  return entries
    .filter(({ name }) => expression.test(name) && (!name.startsWith('.') || part.startsWith('.')))
    .flatMap(({ name, isFolder }) => {
      if (rest.length > 0) return isFolder ? walk(below(name), rest) : [];
      return isFolder ? [] : [below(name)];
    });
}

function namesIn(folder: string): { name: string; isFolder: boolean }[] {
  try {
    const entries = readdirSync(folder === '' ? '.' : folder, { withFileTypes: true });
    return entries.map((entry) => ({ name: entry.name, isFolder: isFolder(join(folder, entry.name), entry) }));
  } catch {
    // A folder that is none, or that may not be read, holds nothing that could be checked.
    return [];
  }
}

function isFolder(path: string, entry: { isDirectory(): boolean; isSymbolicLink(): boolean }): boolean {
  return entry.isSymbolicLink()
    ? (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
    : entry.isDirectory();
}

function segmentExpression(part: string): RegExp {
  const source = part.replace(
    /\[(!?)([^\]]+)\]|[\\^$.|+(){}*?[\]]/g,
    (char, negated: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${negated === '!' ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]`;
      if (char === '*') return '.*';
      return char === '?' ? '.' : `\\${char}`;
    },
  );
  return new RegExp(`^${source}$`, 'su');
}
