import { mkdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RE2JS } from 're2js';
import { MillraceError } from '../../../schemas/index.js';
import { downloadObject } from '../s3-download.js';
import { listEntries } from '../s3-listing.js';
import { s3Session, type S3Session } from '../s3-session.js';
import { nameByCompression } from './compression.js';
import { readableBytes, type FetchContext, type LocalSource } from './local-source.js';
import { s3SourceErrors } from './s3-source-errors.js';
import { accessOf } from './source-access.js';
import { objectDatasets } from './source-datasets.js';

/**
 * Downloads the objects that an address or its glob stands for, one after another.
 * @returns paths of the files, in the order of their keys, and what they are called
 */
export async function downloadS3(
  source: { path: string; store?: string | undefined },
  context: FetchContext,
): Promise<Pick<LocalSource, 'files' | 'datasets'>> {
  const { folder, signal, onProgress } = context;
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/i.exec(source.path) ?? [];
  if (bucket === undefined || key === undefined) {
    throw new MillraceError('SOURCE_NOT_FOUND', `${source.path} is not an address of the form s3://BUCKET/KEY`);
  }
  const session = await s3Session({ ...accessOf(context).s3(source.store ?? 'default'), bucket })();
  const keys = await s3SourceErrors(source.path, () => matchingKeys(session, bucket, key));
  if (keys.length === 0) throw new MillraceError('SOURCE_NOT_FOUND', `no object at ${source.path}`);
  const paths: string[] = [];
  for (const [index, found] of keys.entries()) {
    // Two objects may have the same last word; the number keeps them apart and the ending stays.
    const target = join(folder, String(index), basename(found).replaceAll(/[^\w.-]/g, '_'));
    await mkdir(join(folder, String(index)));
    const name = `s3://${bucket}/${found}`;
    const count = keys.length > 1 ? ` (${index + 1} of ${keys.length})` : '';
    const onBytes = (done: number, of: number) =>
      onProgress?.(`downloaded ${readableBytes(done)} of ${readableBytes(of)} from ${name}${count}`);
    await s3SourceErrors(name, () => downloadObject(session, { bucket, key: found }, target, { signal, onBytes }));
    signal?.throwIfAborted();
    if ((await stat(target)).size === 0) throw new MillraceError('SOURCE_EMPTY', `${name} has no bytes`);
    paths.push(await nameByCompression(target));
  }
  return { files: paths, datasets: objectDatasets(bucket, key, keys) };
}

async function matchingKeys(session: S3Session, bucket: string, key: string): Promise<string[]> {
  const first = key.search(/[*?[]/);
  if (first < 0) return [key];
  const entries = await listEntries(session, { bucket, prefix: key.slice(0, first) });
  const pattern = RE2JS.compile(patternOf(key));
  return entries.map((entry) => entry.key).filter((candidate) => pattern.matches(candidate));
}

/** A glob as a regular expression, as DuckDB reads globs of files: `*` stays within a folder, `**` does not. */
export function patternOf(glob: string): string {
  return glob.replaceAll(/\*\*\/|\*\*|\*|\?|\[!?[^\]]+\]|[\s\S]/g, (sign) => {
    if (sign === '**/') return '(?:.*/)?';
    if (sign === '**') return '.*';
    if (sign === '*') return '[^/]*';
    if (sign === '?') return '[^/]';
    if (sign.length > 1) return sign.replaceAll('\\', '\\\\').replace(/^\[!/, '[^');
    return /\w/.test(sign) ? sign : RE2JS.quote(sign);
  });
}
