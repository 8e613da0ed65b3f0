/** The reference that stands for the key of a partition in a path. */
const PARTITION = '{partition}';

/** What one name of a path may be. */
export interface NamePattern {
  /** The name itself, where it has no sign in it. */
  literal: string | undefined;
  /** The key of the partition, undefined where the pattern has none; null if the name does not match. */
  match(name: string): { partition: string | undefined } | null;
}

/** A path of a trigger, name by name. Keys of partitions have no "/" in them, nor does what "*" stands for. */
export function filePattern(path: string): NamePattern[] {
  return path.split('/').map((segment): NamePattern => {
    if (!/[*]|\{partition\}/.test(segment)) {
      return { literal: segment, match: (name) => (name === segment ? { partition: undefined } : null) };
    }
    const parts = segment.split(/(\*|\{partition\})/);
    const pattern = new RegExp(
      `^${parts
        .map((part) => {
          if (part === '*') return '[^/]*';
          return part === PARTITION ? '(?<partition>[^/]+?)' : part.replaceAll(/[.+?^$()|[\]{}\\]/g, '\\$&');
        })
        .join('')}$`,
      's',
    );
    return {
      literal: undefined,
      match: (name) => {
        const found = pattern.exec(name);
        return found === null ? null : { partition: found.groups?.partition };
      },
    };
  });
}

/** The key of the partition that a path names, where it matches. */
export function matchPath(patterns: readonly NamePattern[], path: string): { partition: string | undefined } | null {
  const names = path.split('/');
  if (names.length !== patterns.length) return null;
  let partition: string | undefined;
  for (const [index, pattern] of patterns.entries()) {
    const found = pattern.match(names[index] ?? '');
    if (found === null) return null;
    partition ??= found.partition;
  }
  return { partition };
}
