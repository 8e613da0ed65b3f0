import { readdir, stat } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { MillraceError, type TriggerOf } from '../../schemas/index.js';
import { listS3Objects, type SourceAccess } from '../datasets/index.js';
import { filePattern, matchPath } from './file-pattern.js';
import type { SeenFile } from './settled-files.js';

/** Where files are looked for. */
export interface FindFilesContext {
  /** Folder that relative paths start at. */
  projectDir: string;
  access: SourceAccess;
}

type FileTrigger = Pick<TriggerOf<'file'>, 'path' | 'store' | 'marker'>;

/**
 * Files that match a trigger’s path now, in the order of their names. A folder that is not there has none.
 * @throws MillraceError SOURCE_UNAVAILABLE where the bucket cannot be listed
 */
export async function findFiles(trigger: FileTrigger, context: FindFilesContext): Promise<SeenFile[]> {
  const found = trigger.path.startsWith('s3://')
    ? await findObjects(trigger, context)
    : await findLocal(trigger.path, context.projectDir);
  const names = new Set(found.map(({ path }) => path));
  return found
    .filter(({ matches }) => matches !== null)
    .map(({ path, bytes, stamp, matches }) => ({
      path,
      bytes,
      stamp,
      partition: matches?.partition,
      ...(trigger.marker !== undefined && { marked: names.has(markerOf(path, trigger.marker)) }),
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

interface Found extends Omit<SeenFile, 'partition' | 'marked'> {
  /** Null for neighbours, which may be markers. */
  matches: { partition: string | undefined } | null;
}

function markerOf(path: string, marker: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return `${folder}${marker.replaceAll('{name}', basename(path))}`;
}

async function findLocal(path: string, projectDir: string): Promise<Found[]> {
  const patterns = filePattern(path);
  const last = patterns.at(-1);
  const found: Found[] = [];
  await walk(isAbsolute(path) ? '/' : projectDir, '', 0, undefined);
  return found;

  async function walk(folder: string, shown: string, depth: number, partition: string | undefined): Promise<void> {
    const pattern = patterns[depth];
    if (pattern === undefined) return;
    const { literal } = pattern;
    if (pattern !== last && literal !== undefined) {
      return walk(join(folder, literal), `${shown}${literal}/`, depth + 1, partition);
    }
    for (const entry of await entriesOf(folder)) {
      const matches = pattern.match(entry.name);
      const full = join(folder, entry.name);
      if (pattern !== last) {
        if (matches !== null) await walk(full, `${shown}${entry.name}/`, depth + 1, partition ?? matches.partition);
        continue;
      }
      const path = `${shown}${entry.name}`;
      if (matches === null) {
        found.push({ path, bytes: 0, stamp: '', matches });
        continue;
      }
      // Gone again, if there is nothing to be said of it.
      const stats = await stat(full, { bigint: true }).catch(() => undefined);
      if (stats?.isFile() !== true) continue;
      const own = { partition: partition ?? matches.partition };
      found.push({ path, bytes: Number(stats.size), stamp: `${stats.mtimeNs}`, matches: own });
    }
  }
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new MillraceError('SOURCE_UNAVAILABLE', `${folder}: ${message}`, { cause: error });
  }
}

async function findObjects(trigger: FileTrigger, { access }: FindFilesContext): Promise<Found[]> {
  const { path, marker, store = 'default' } = trigger;
  const patterns = filePattern(path);
  const fixed = path.slice(0, path.search(/\*|\{partition\}|$/));
  // A marker has another name than its file: only the folder is what both begin with.
  const prefix = marker === undefined ? fixed : fixed.slice(0, fixed.lastIndexOf('/') + 1);
  const objects = await listS3Objects(prefix, access.s3(store));
  return objects.map((object) => ({
    path: object.path,
    bytes: object.bytes,
    stamp: object.etag,
    matches: matchPath(patterns, object.path),
  }));
}
