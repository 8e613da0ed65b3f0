import { isAbsolute, resolve } from 'node:path';
import type { SourceDataset } from '../../../schemas/index.js';

/** Files that are named one by one beside the folder of their glob; of more, the folder says it. */
const NAMED_FILES = 20;

/**
 * Files of this machine as OpenLineage names datasets, so that what other tools say of them is about the same: each file, and
 * of a glob the folder, which is what Spark writes.
 */
export function fileDatasets(projectDir: string, path: string, files: readonly string[]): SourceDataset[] {
  const named = (name: string) => ({ namespace: 'file', name });
  const pattern = isAbsolute(path) ? path : resolve(projectDir, path);
  return [...folderOf(pattern, files, named), ...eachOf(files, named)];
}

/** Objects of a bucket, in the same way. */
export function objectDatasets(bucket: string, key: string, keys: readonly string[]): SourceDataset[] {
  const named = (name: string) => ({ namespace: `s3://${bucket}`, name });
  return [...folderOf(key, keys, named), ...eachOf(keys, named)];
}

/** A file on a web server, without what follows its path, which may be a key. */
export function httpDataset(address: string): SourceDataset[] {
  const { origin, pathname } = new URL(address);
  return pathname === '/' ? [] : [{ namespace: origin, name: pathname.slice(1) }];
}

type Named = (name: string) => SourceDataset;

/** The folder above the first sign of a glob; none for a path that is one of the files, whatever its name looks like. */
function folderOf(pattern: string, found: readonly string[], named: Named): SourceDataset[] {
  const first = pattern.search(/[*?[]/);
  if (first < 0 || found.includes(pattern)) return [];
  const folder = pattern.slice(0, pattern.lastIndexOf('/', first));
  return folder === '' ? [] : [named(folder)];
}

const eachOf = (found: readonly string[], named: Named) => (found.length > NAMED_FILES ? [] : found.map(named));
